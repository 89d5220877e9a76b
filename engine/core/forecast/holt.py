"""Holt's linear exponential smoothing with a damped trend, one bucket at a time.

Gardner & McKenzie, "Forecasting trends in time series", Management Science 31 (1985). With `damping` 1 it is
river's `time_series.HoltWinters` without a season (property-tested).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.core.rows import Array

ALPHA: Final = 0.2
BETA: Final = 0.02
DAMPING: Final = 0.98


def learn(
    level: Array, trend: Array, values: Array, *, alpha: float = ALPHA, beta: float = BETA, damping: float = DAMPING
) -> tuple[Array, Array]:
    """Level and trend after `values`; arrays of one shape, trend in amount per bucket."""
    carried = trend * np.float32(damping)
    new_level = values * np.float32(alpha) + (level + carried) * np.float32(1 - alpha)
    new_trend = (new_level - level) * np.float32(beta) + carried * np.float32(1 - beta)
    return new_level, new_trend


def extrapolate(level: Array, trend: Array, steps: tuple[int, ...], *, damping: float = DAMPING) -> Array:
    """Level in so many buckets: [..., len(steps)]. May be negative."""
    factors = [sum(damping**k for k in range(1, step + 1)) for step in steps]
    return np.stack([level + trend * np.float32(factor) for factor in factors], axis=-1)
