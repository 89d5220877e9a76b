"""Open buckets: sums, peaks and recognised duplicates of the samples of at most two buckets per row.

Amounts are whole quanta (nanocores, bytes) in int64, so that a bucket does not depend on the order of its samples.
Cores are those of the reference type: see `compute_units`.
A bucket is named by its end in units of 300 s and holds [end - 300 s, end); it lives in the half of its parity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core.rows import Array, Rows, column
from engine.units import BUCKET_S, QUANTUM

WORDS: Final = 19
"""300 seconds of a bucket in words of 16 bits."""
QUANTA: Final = np.array(QUANTUM)


@dataclass(slots=True)
class WindowRows(Rows):
    """Axis 1 of the first five is the bucket's parity; the last axis of amounts is the resource."""

    seen: Array = column(np.uint16, 2, WORDS)
    """Bit per second of the bucket that has a sample: two samples within a second are one sample twice."""
    count: Array = column(np.int16, 2, 2)
    total: Array = column(np.int64, 2, 2)
    peak: Array = column(np.int64, 2, 2)
    fresh: Array = column(np.bool_, 2)
    """Has a sample that was not stale."""
    last_s: Array = column(np.float64, 2, fill=-1.0)
    last: Array = column(np.float64, 2, fill=np.nan)
    previous_s: Array = column(np.float64, 2, fill=-1.0)
    previous: Array = column(np.float64, 2, fill=np.nan)


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed bucket: mean and peak float64 [n, 2] in the amounts added, NaN without a sample; `fresh` bool [n]."""

    bucket: int
    mean: Array
    peak: Array
    fresh: Array


def bucket_of(time_s: Array) -> Array:
    """Bucket that a time falls into, int64."""
    bucket: Array = np.floor_divide(time_s, BUCKET_S).astype(np.int64) + 1
    return bucket


def add(window: WindowRows, rows: Array, time_s: Array, value: Array, fresh: Array) -> Array:
    """Adds samples: `rows` int [m] without repeats, `time_s` [m], `value` [m, 2] with NaN for "none", `fresh` bool [m].

    The buckets must be open. Returns bool [m]: those that were new (the others are duplicates, and changed nothing).
    """
    bucket = bucket_of(time_s)
    half = bucket & 1
    second = time_s.astype(np.int64) - (bucket - 1) * BUCKET_S
    word, bit = second >> 4, np.left_shift(np.uint16(1), (second & 15).astype(np.uint16))
    new: Array = (window.seen[rows, half, word] & bit) == 0
    rows, half, word, bit = rows[new], half[new], word[new], bit[new]
    time_s, value, fresh = time_s[new], value[new], fresh[new]
    window.seen[rows, half, word] |= bit
    has = ~np.isnan(value)
    quanta = np.where(has, np.rint(value / QUANTA), 0.0).astype(np.int64)
    window.count[rows, half] += has.astype(np.int16)
    window.total[rows, half] += quanta
    window.peak[rows, half] = np.maximum(window.peak[rows, half], quanta)
    window.fresh[rows, half] |= fresh
    _remember_last(window, rows, time_s[:, None], value, has)
    return new


def _remember_last(window: WindowRows, rows: Array, time_s: Array, value: Array, has: Array) -> None:
    """The two latest samples by their own time, whatever the order in which they came."""
    last_s, last = window.last_s[rows], window.last[rows]
    previous_s, previous = window.previous_s[rows], window.previous[rows]
    newer = has & (time_s > last_s)
    between = has & ~newer & (time_s > previous_s)
    window.previous_s[rows] = np.where(newer, last_s, np.where(between, time_s, previous_s))
    window.previous[rows] = np.where(newer, last, np.where(between, value, previous))
    window.last_s[rows] = np.where(newer, time_s, last_s)
    window.last[rows] = np.where(newer, value, last)


def close(window: WindowRows, bucket: int) -> Closed | None:
    """Takes a bucket out and makes room for the next but one. None when it holds no sample at all."""
    half = bucket & 1
    count = window.count[:, half].astype(np.float64)
    if not count.any():
        return None
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = window.total[:, half] * QUANTA / count
    peak = np.where(count > 0, window.peak[:, half] * QUANTA, np.nan)
    closed = Closed(bucket, mean, peak, window.fresh[:, half].copy())
    for table in (window.seen, window.count, window.total, window.peak, window.fresh):
        table[:, half] = 0
    return closed
