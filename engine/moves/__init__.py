"""`trimtab plan`: needs from a file or from the engine's forecast, candidates from the catalogue, and the plan told.

inputs | forecast ─▶ needs ┐
                           ├─▶ core.moves.plan_moves ─▶ stretches ─▶ table, JSON, page
candidates (catalogue) ────┘
"""
