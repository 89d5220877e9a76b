"""What a series was: its last 36 buckets, and two weeks of hours: each hour's mean and its last bucket.

A bucket that ends on the hour is kept beside the hour's mean because what runs at fixed minutes shows in it alone.
Entries of buckets that a row never saw are cleared when it speaks again, so that an entry is either right or missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core.forecast import days, holt
from engine.core.forecast.compact import MISSING, decode, encode
from engine.core.forecast.robust import mean
from engine.core.forecast.state import DAYS, HOUR, RECENT, ForecastRows, Series
from engine.core.rows import Array

HOURS: Final = 24 * DAYS
"""Hours that are always remembered."""


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

    def part(self, some: slice) -> History:
        """Some of the series."""
        return History(self.bucket, self.buckets[some], self.means[some], self.marks[some])


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
    last = rows.last_bucket[series]
    _clear_skipped(rows, series, bucket, last)
    slot = (bucket - 1) % RECENT
    rows.recent[(*series, slot)] = encode(values)
    begin, hour = slot - slot % HOUR, (bucket - 1) // HOUR % 24
    rows.today[(*series, 0, hour)] = encode(mean(decode(rows.recent[..., begin : slot + 1][series])))
    if bucket % HOUR == 0:
        rows.today[(*series, 1, hour)] = encode(values)
    _learn_trend(rows, series, values, begin_anew=(last < 0) | (bucket - last > HOUR))
    rows.last_bucket[series] = bucket
    rows.buckets_seen[series] += 1


def _learn_trend(rows: ForecastRows, series: Series, values: Array, begin_anew: Array) -> None:
    level, trend = holt.learn(rows.level[series], rows.trend[series], values)
    rows.level[series] = np.where(begin_anew, values, level)
    rows.trend[series] = np.where(begin_anew, np.float32(0), trend)


def _clear_skipped(rows: ForecastRows, series: Series, bucket: int, last: Array) -> None:
    """Empty the entries of the buckets between `last` and `bucket`, and pack days that are over."""
    late = (last >= 0) & (last < bucket - 1)
    if late.any():
        some, seen = (series[0][late], series[1][late]), last[late]
        lap = bucket - 2 - (bucket - 2 - np.arange(RECENT)) % RECENT + 1  # the newest older bucket on each position
        rows.recent[some] = np.where(lap > seen[:, None], np.uint16(MISSING), rows.recent[some])
    day = hour_of(bucket) // 24
    over = (last >= 0) & (hour_of(last) // 24 < day)
    if over.any():
        _pack((some := (series[0][over], series[1][over])), rows, hour_of(last[over]) // 24, int(day))
        rows.today[some] = MISSING


def _pack(series: Series, rows: ForecastRows, ended: Array, day: int) -> None:
    """The day that ended goes among the packed ones; days between it and `day` were not seen."""
    codes, ends = days.encode(decode(rows.today[series]).reshape(len(ended), -1))
    position = day - 1 - (day - 1 - np.arange(DAYS)) % DAYS  # the newest day before `day` on each position
    unseen = position > ended[:, None]
    rows.days[series] = np.where(unseen[..., None, None], np.uint8(days.MISSING), rows.days[series])
    kept = day - ended <= DAYS
    some = (series[0][kept], series[1][kept], ended[kept] % DAYS)
    rows.days[some] = codes[kept].reshape(-1, 2, 24)
    rows.day_ends[some] = ends[kept]


def history(rows: ForecastRows, series: Series, bucket: int) -> History:
    """What is remembered of these series at the last bucket that they have seen."""
    buckets = decode(rows.recent[series].take((bucket - 1 - np.arange(RECENT)) % RECENT, axis=-1))
    hour = (bucket - 1) // HOUR
    day, begin = hour // 24, 23 - hour % 24
    order = (day - 1 - np.arange(DAYS)) % DAYS  # newest first, as all that follows
    packed = rows.days[series][:, order, :, ::-1]
    packed = days.decode(packed.reshape(len(packed), DAYS, 48), rows.day_ends[series][:, order])
    packed = packed.reshape(-1, DAYS, 2, 24).swapaxes(1, 2).reshape(-1, 2, HOURS)
    today = decode(rows.today[series])[..., ::-1]
    hours = np.concatenate([today, packed], axis=-1)[..., begin : begin + HOURS]
    return History(bucket, buckets, np.ascontiguousarray(hours[:, 0]), np.ascontiguousarray(hours[:, 1]))
