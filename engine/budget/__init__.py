"""What is requested, what is used of it, what is wasted, and what the engine would request instead.

sheet, names ─▶ containers ─▶ usage (what the trace shows) ─▶ engine_sizes (the live forecast and sizing) ─▶ budget
                                            budget ─▶ findings, lines (sums by namespace) ─▶ table, CSV, page
"""
