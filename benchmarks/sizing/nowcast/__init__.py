"""Training of the nowcast's networks: `python -m benchmarks.sizing.nowcast --write engine/core/nowcast/weights`."""
