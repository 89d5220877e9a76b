"""Linear quantile regression with weights that are not negative (Koenker & Bassett, "Regression quantiles", 1978)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.optimize import minimize  # type: ignore[import-untyped]
from scipy.special import expit  # type: ignore[import-untyped]

from benchmarks.quality.widths.collect import Seen
from engine.core.rows import Array

_SMOOTHING: Final = (0.1, 0.01, 0.002)
"""In units of the evidence: how far from its corner the pinball loss is rounded, one after the other."""
P95: Final = 0.95


def regress(columns: Array, off: Array, weight: Array, level: float) -> Array:
    """Weights [columns] of the quantile at this level of off [n] (NaN = unknown) from columns [n, columns]."""
    known = ~np.isnan(off)
    columns, off, weight = columns[known], off[known], weight[known] / weight[known].sum()
    found = np.full(columns.shape[1], 0.3)
    for smoothing in _SMOOTHING:

        def loss(weights: Array, smoothing: float = smoothing) -> tuple[float, Array]:
            left = off - columns @ weights
            rounded = level * left + smoothing * np.logaddexp(0, -left / smoothing)
            slope = (level - expit(-left / smoothing)) * weight
            return float(rounded @ weight), -(slope @ columns)

        bounds = [(0.0, None)] * len(found)
        found = minimize(loss, found, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 2000}).x
    return found


def widths(seen: Sequence[Seen], sign: int) -> Array:
    """Weights [leads, columns] of p95 above the median, or with sign -1 of p05 below it."""
    columns, _, off, weight = joined(seen)
    return np.stack([regress(columns[:, k], sign * off[:, k], weight, P95) for k in range(off.shape[1])])


def shapes(seen: Sequence[Seen], p95: Array, levels: Sequence[float]) -> Array:
    """Widths at these levels in multiples of p95's, young and old: [leads, levels, 2]."""
    columns, age, off, weight = joined(seen)
    found = np.ones((off.shape[1], len(levels), 2))
    for place in range(off.shape[1]):
        width = columns[:, place] @ p95[place]
        parts = np.stack([width * (1 - age[:, place]), width * age[:, place]], axis=1)
        for k, level in enumerate(levels):
            if level != P95:
                found[place, k] = regress(parts, off[:, place], weight, level)
    return found


def joined(seen: Sequence[Seen]) -> tuple[Array, Array, Array, Array]:
    columns, age, off, weight = (
        np.concatenate([getattr(one, name) for one in seen]) for name in ("columns", "age", "off", "weight")
    )
    return columns, age, off, weight
