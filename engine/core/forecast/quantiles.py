"""The band around the median: multiples of the recent error, kept honest online.

p95 is p50 + margin x error, where error is the discounted mean absolute error at that lead and the margin is tracked: a
miss widens it, a hit narrows it, so that in the long run the stated share is met whatever the data do. This is
quantile tracking with a scale (Angelopoulos, Candès & Tibshirani, "Conformal PID control for time series prediction",
NeurIPS 2023), in the logarithm of the margin so that it stays positive; it grew from adaptive conformal inference
(Gibbs & Candès, "Adaptive conformal inference under distribution shift", NeurIPS 2021).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from engine.core.rows import Array

DISCOUNT: Final = 0.95

MISSED: Final = 0.05
"""Share of the actuals that may lie below p05, and above p95."""
STEP: Final = 0.15
"""A miss widens a margin by exp(STEP x .95), a hit narrows it by exp(-STEP x .05)."""
BOUNDS: Final = (0.1, 50.0)
PRIOR_ERROR: Final = 0.3
"""Error of a forecast without a record, as a share of its level."""
PRIOR_COUNT: Final = 4.0
"""The prior error counts as much as so many scored forecasts, and is discounted with them."""
_REMAINING: Final = np.array([DISCOUNT**count for count in range(512)])
"""Discount of what was known before so many forecasts were scored."""


def error_scale(loss: Array, scored: Array, level: Array) -> Array:
    """Expected absolute error: float32, shape of `loss` (discounted errors) and `scored` (count); level broadcasts."""
    remaining = _REMAINING[np.minimum(scored, len(_REMAINING) - 1)]
    count = (1 - remaining) / (1 - DISCOUNT)
    prior = PRIOR_COUNT * remaining
    scale: Array = ((loss + prior * PRIOR_ERROR * level) / (count + prior)).astype(np.float32)
    return scale


def band(p50: Array, error: Array, margins: Array) -> Array:
    """p05, p50, p95 on a new last axis, ordered and non-negative; margins [..., 2] are below and above."""
    p05 = np.maximum(p50 - margins[..., 0] * error, np.float32(0))
    quantiles: Array = np.stack([p05, p50, p50 + margins[..., 1] * error], axis=-1)
    return quantiles


def track(margins: Array, quantiles: Array, actual: Array) -> Array:
    """Margins [..., 2] after `actual` [...] was seen, for which `quantiles` [..., 3] had been forecast."""
    missed = np.stack([actual < quantiles[..., 0], actual > quantiles[..., 2]], axis=-1)
    factor = np.where(missed, np.float32(math.exp(STEP * (1 - MISSED))), np.float32(math.exp(-STEP * MISSED)))
    tracked: Array = np.clip(margins * factor, np.float32(BOUNDS[0]), np.float32(BOUNDS[1]))
    return tracked
