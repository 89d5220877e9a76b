"""Holt's linear exponential smoothing with a damped trend, one bucket at a time.

Gardner & McKenzie, "Forecasting trends in time series", Management Science 31 (1985). With `damping` 1 it is
river's `time_series.HoltWinters` without a season (property-tested).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.core.compiled import compiled
from engine.core.rows import Array

ALPHA: Final = np.float32(0.2)
BETA: Final = np.float32(0.02)
DAMPING: Final = np.float32(0.98)
_ONE: Final = np.float32(1)


@compiled
def learn(
    level: np.float32, trend: np.float32, value: np.float32, alpha: np.float32, beta: np.float32, damping: np.float32
) -> tuple[np.float32, np.float32]:
    """Level and trend after `value`; the trend is in amount per bucket."""
    carried = trend * damping
    new_level = value * alpha + (level + carried) * (_ONE - alpha)
    return new_level, (new_level - level) * beta + carried * (_ONE - beta)


def factors(steps: tuple[int, ...], damping: float = float(DAMPING)) -> Array:
    """How many times the trend counts in so many buckets: float32 [steps]."""
    return np.array([sum(damping**k for k in range(1, step + 1)) for step in steps], np.float32)
