"""What a series was: its last 36 buckets, and two weeks of hours: each hour's mean and its last bucket.

A bucket that ends on the hour is kept beside the hour's mean because what runs at fixed minutes shows in it alone.
Entries of buckets that a row never saw are cleared when it speaks again, so that an entry is either right or missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from engine.core.compiled import compiled
from engine.core.forecast import days
from engine.core.forecast.compact import MISSING, amount_of, code_of
from engine.core.forecast.holt import ALPHA, BETA, DAMPING, learn
from engine.core.forecast.robust import mean
from engine.core.forecast.state import DAYS, HOUR, RECENT, ForecastRows, Series
from engine.core.rows import Array

HOURS: Final = 24 * DAYS
"""Hours that are always remembered."""
_NOTHING: Final = np.float32(0)


@dataclass(frozen=True, slots=True)
class History:
    """float32, newest first, NaN = missing, in units of the series.

    buckets: [m, 36], the first is the bucket asked at. means, marks: [m, 312], mean of an hour and its last bucket; the
    first is the hour that contains the bucket asked at, and may be incomplete.
    """

    bucket: int
    buckets: Array
    means: Array
    marks: Array


class _Kept(NamedTuple):
    """The columns of `ForecastRows` in which amounts are kept; both halves of a day in one axis."""

    recent: Array
    today: Array
    days: Array
    day_ends: Array


def _kept(rows: ForecastRows) -> _Kept:
    return _Kept(rows.recent, rows.today, rows.days.reshape(len(rows), 2, DAYS, 48), rows.day_ends)


def hour_of(bucket: Array | int) -> Array:
    """Index of the hour that contains this bucket; hours, like buckets, are closed at their end."""
    hour: Array = (np.asarray(bucket) - 1) // HOUR
    return hour


def record(rows: ForecastRows, series: Series, bucket: int, values: Array) -> None:
    """Note the means (float64 [m], cores or bytes) of a bucket that is newer than all that these series have seen."""
    unit = rows.unit[series]
    unit = np.where(unit > 0, unit, values)
    rows.unit[series] = unit
    values = np.divide(values, unit, out=np.zeros_like(values), where=unit > 0).astype(np.float32)
    row, resource = np.array(series)  # contiguous, as compiled functions are to be called
    _record(_kept(rows), rows.last_bucket, rows.level, rows.trend, row, resource, bucket, values)
    rows.last_bucket[series] = bucket
    rows.buckets_seen[series] += 1


@compiled
def _record(
    kept: _Kept, last_bucket: Array, level: Array, trend: Array, row: Array, resource: Array, bucket: int, values: Array
) -> None:
    scratch = np.empty(48, np.float32)
    for place in range(len(values)):
        at = row[place], resource[place]
        recent, today, last = kept.recent[at], kept.today[at], int(last_bucket[at])
        for skipped in range(max(last + 1, bucket - RECENT), bucket if last >= 0 else 0):
            recent[(skipped - 1) % RECENT] = MISSING
        if last >= 0 and (last - 1) // HOUR // 24 < (bucket - 1) // HOUR // 24:
            _pack(today, kept.days[at], kept.day_ends[at], last, bucket, scratch)
        _note(recent, today, bucket, values[place], scratch)
        if last < 0 or bucket - last > HOUR:
            level[at], trend[at] = values[place], _NOTHING
        else:
            level[at], trend[at] = learn(level[at], trend[at], values[place], ALPHA, BETA, DAMPING)


@compiled
def _note(recent: Array, today: Array, bucket: int, value: np.float32, scratch: Array) -> None:
    slot = (bucket - 1) % RECENT
    hour, place = (bucket - 1) // HOUR % 24, slot % HOUR
    recent[slot] = code_of(value)
    for back in range(place + 1):
        scratch[back] = amount_of(recent[slot - place + back])
    today[0, hour] = code_of(mean(scratch[: place + 1]))
    if bucket % HOUR == 0:
        today[1, hour] = code_of(value)


@compiled
def _pack(today: Array, packed: Array, ends: Array, last: int, bucket: int, scratch: Array) -> None:
    """The day of `last` goes among the packed ones; days between it and that of `bucket` were not seen."""
    ended, day = (last - 1) // HOUR // 24, (bucket - 1) // HOUR // 24
    for unseen in range(max(ended + 1, day - DAYS), day):
        packed[unseen % DAYS] = days.MISSING
    if day - ended <= DAYS:
        for hour in range(24):
            scratch[hour], scratch[24 + hour] = amount_of(today[0, hour]), amount_of(today[1, hour])
        days.encode(scratch, packed[ended % DAYS], ends[ended % DAYS])
    today[:] = MISSING


def history(rows: ForecastRows, series: Series, bucket: int) -> History:
    """What is remembered of these series at the last bucket that they have seen."""
    buckets = np.empty((len(series[0]), RECENT), np.float32)
    means, marks = np.empty((2, len(series[0]), HOURS), np.float32)
    past = History(bucket, buckets, means, marks)
    row, resource = np.array(series)
    _recall(_kept(rows), row, resource, bucket, past.buckets, past.means, past.marks)
    return past


@compiled
def _recall(kept: _Kept, row: Array, resource: Array, bucket: int, buckets: Array, means: Array, marks: Array) -> None:
    hour, scratch = (bucket - 1) // HOUR, np.empty(48, np.float32)
    day, begun = hour // 24, hour % 24 + 1
    for place in range(len(buckets)):
        at = row[place], resource[place]
        for age in range(RECENT):
            buckets[place, age] = amount_of(kept.recent[at][(bucket - 1 - age) % RECENT])
        for age in range(begun):
            means[place, age] = amount_of(kept.today[at][0, begun - 1 - age])
            marks[place, age] = amount_of(kept.today[at][1, begun - 1 - age])
        for back in range(DAYS):
            slot, begin = (day - 1 - back) % DAYS, begun + 24 * back
            days.decode(kept.days[at][slot], kept.day_ends[at][slot], scratch)
            for age in range(min(24, HOURS - begin)):
                means[place, begin + age] = scratch[23 - age]
                marks[place, begin + age] = scratch[47 - age]
