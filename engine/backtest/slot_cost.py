"""What a forecast costs live, where rows share the work of a bucket with the rest of their slot.

A trace of a few series cannot show it: numpy's overhead a bucket falls on few rows. So the rows that a backtest ends
with are repeated to a slot's size, and fed for another hour.
"""

from __future__ import annotations

import time
from typing import Final

import numpy as np

from engine.core.forecast import LEADS, ForecastRows, forecast, observe

CONTAINERS: Final = 512
HOUR: Final = 12
"""Buckets in which every row learns, and forecasts once at every lead."""


def slot_cost_us(rows: ForecastRows, bucket: int) -> float | None:
    """CPU time in µs of one forecast, learning included, after `bucket` was the last; None without a row."""
    if not len(rows):
        return None
    slot = rows.take(np.resize(np.arange(len(rows)), CONTAINERS))
    known = slot.last_bucket >= 0
    level = np.where(known, np.nan_to_num(forecast(slot).p50[..., 0]), np.nan)
    random = np.random.default_rng(1)
    means = level * random.uniform(0.9, 1.1, (HOUR, *level.shape))
    started = time.process_time()
    for ahead, mean in enumerate(means, start=1):
        observe(slot, bucket + ahead, mean, mean)
    spent_s = time.process_time() - started
    forecasts = int(known.sum()) * len(LEADS)
    return 1e6 * spent_s / forecasts if forecasts else None
