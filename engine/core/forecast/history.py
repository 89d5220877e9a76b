"""What a series was: its last 36 buckets, and its half-hours of nine days.

Rings are indexed by bucket and by half-hour. Buckets that a row never saw leave entries of an earlier lap; they are
cleared when the row speaks again, so that an entry is either right or missing.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from engine.core.forecast import holt
from engine.core.forecast.compact import MISSING, decode, encode
from engine.core.forecast.robust import mean
from engine.core.forecast.state import HALF_HOUR, HALF_HOURS, ORIGIN_EVERY, RECENT, ForecastRows, Series
from engine.core.rows import Array

B = TypeVar("B", int, Array)


def half_hour_of(bucket: B) -> B:
    """Index of the half-hour that contains this bucket; half-hours, like buckets, are closed at their end."""
    return (bucket - 1) // HALF_HOUR


def record(rows: ForecastRows, series: Series, bucket: int, values: Array) -> None:
    """Note the means (float32 [m]) of a bucket that is newer than all that these series have seen."""
    last = rows.last_bucket[series]
    _clear_skipped(rows, series, bucket, last)
    slot = (bucket - 1) % RECENT
    rows.recent[(*series, slot)] = values
    begin = slot - slot % HALF_HOUR
    so_far = mean(rows.recent[..., begin : slot + 1][series])
    rows.half_hours[(*series, half_hour_of(bucket) % HALF_HOURS)] = encode(so_far)
    _learn_trend(rows, series, values, begin_anew=(last < 0) | (bucket - last > ORIGIN_EVERY))
    rows.last_bucket[series] = bucket
    rows.buckets_seen[series] += 1


def _learn_trend(rows: ForecastRows, series: Series, values: Array, begin_anew: Array) -> None:
    level, trend = holt.learn(rows.level[series], rows.trend[series], values)
    rows.level[series] = np.where(begin_anew, values, level)
    rows.trend[series] = np.where(begin_anew, np.float32(0), trend)


def _clear_skipped(rows: ForecastRows, series: Series, bucket: int, last: Array) -> None:
    """Empty the entries of the buckets between `last` and `bucket`."""
    late = (last >= 0) & (last < bucket - 1)
    if late.any():
        some, seen = (series[0][late], series[1][late]), last[late]
        newer = _lap(bucket - 2, RECENT) + 1 > seen[:, None]  # buckets whose entries are of an earlier lap
        rows.recent[some] = np.where(newer, np.float32(np.nan), rows.recent[some])
    far = (last >= 0) & (half_hour_of(last) < half_hour_of(bucket) - 1)
    if far.any():
        some, seen = (series[0][far], series[1][far]), half_hour_of(last[far])
        newer = _lap(half_hour_of(bucket), HALF_HOURS) > seen[:, None]
        rows.half_hours[some] = np.where(newer, np.uint16(MISSING), rows.half_hours[some])


def _lap(newest: int, length: int) -> Array:
    """Per position of a ring, the newest index up to `newest` that falls on it."""
    lap: Array = newest - (newest - np.arange(length)) % length
    return lap


def last_buckets(rows: ForecastRows, series: Series, bucket: int, count: int) -> Array:
    """float32 [m, count] means of the last buckets up to `bucket`, newest first; NaN = missing."""
    positions = (bucket - 1 - np.arange(count)) % RECENT
    return rows.recent[series].take(positions, axis=-1)


def half_hours(rows: ForecastRows, series: Series, index: Array) -> Array:
    """float32 [m, *index.shape] means of these half-hours, none older than nine days; NaN = missing."""
    return decode(rows.half_hours[series].take(index % HALF_HOURS, axis=-1))
