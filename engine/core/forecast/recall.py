"""What a container has used, as the forecast remembers it, in cores and bytes."""

from __future__ import annotations

import numpy as np

from engine.core.forecast.compact import decode
from engine.core.forecast.history import history
from engine.core.forecast.state import RECENT, ForecastRows
from engine.core.rows import Array


def recent_means(rows: ForecastRows, which: Array, bucket: int) -> Array:
    """Means of the last 36 buckets, the first is `bucket`: float64 [m, 2, 36], NaN without a sample."""
    buckets = bucket - np.arange(RECENT)
    codes = rows.recent[which].take((buckets - 1) % RECENT, axis=-1)
    seen = buckets <= rows.last_bucket[which][..., None]
    means: Array = np.where(seen, decode(codes), np.nan) * rows.unit[which][..., None]
    return means


def hourly_means(rows: ForecastRows, which: Array, resource: int, bucket: int) -> Array:
    """Means of the last 312 hours of one resource, the first is the hour of `bucket`, which may be incomplete.

    float64 [m, 312], NaN without a sample. The rows must have seen this bucket.
    """
    series = which, np.full_like(which, resource)
    means: Array = history(rows, series, bucket).means.astype(np.float64) * rows.unit[series][:, None]
    return means
