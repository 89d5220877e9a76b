"""What is requested, what is used of it, what is wasted, and what the engine would request instead.

trace, sheet ─▶ usage, engine_sizes (the live forecast and sizing) ──┐
cluster's log ─▶ ring (usage by buckets), live (last decisions) ─────┴─▶ sources: budget, histories
   budget ─▶ findings, lines (sums by namespace) ──────────────────────┐
   histories ─▶ namespaces (caps, forecast, trend), nodes ─────────────┴─▶ report ─▶ table, CSV, page
"""
