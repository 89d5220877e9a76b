"""Writes the widths as the module that the engine ships."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.core.rows import Array

_HEAD: Final = '''"""How wide distributions usually are, by the names of `quantile_prior` and `window_prior`.

Written by `python -m benchmarks.quality.widths --write`.
"""

from typing import Final

import numpy as np

'''
_ABOUT: Final = {
    "BELOW": "Weights of p50 - p05, a row per lead, in the order of `quantile_prior.columns`.",
    "ABOVE": "The same of p95 - p50.",
    "SHAPE": "p90 and p99 in multiples of p95, each young and old: tails are heavier while little is known.",
    "WINDOW": "Weights of p95 above the highest median, a row per window, in the order of `window_prior.columns`.",
    "WINDOW_SHAPE": "p50, p90, p95 and p99 in multiples of p95, each young and old.",
}


def written(tables: Mapping[str, Array]) -> str:
    """Arrays by name, two- or three-dimensional."""
    return _HEAD + "".join(_table(name, table) for name, table in tables.items())


def _table(name: str, table: Array) -> str:
    rows = "".join(f"        {_row(row)},\n" for row in table)
    return f'{name}: Final = np.array(\n    (\n{rows}    ),\n    np.float32,\n)\n"""{_ABOUT[name]}"""\n'


def _row(values: Array) -> str:
    if values.ndim == 1:
        return "(" + ", ".join(f"{value:.3f}" for value in values) + ")"
    return "(" + ", ".join(_row(row) for row in values) + ")"
