"""Hourly peaks of the last day: a ring per resource, at the clock hour's index modulo 24, cleared lazily.

They are kept in the 16-bit code of `forecast.compact`, rounded up: by up to 0.2 % too high, and never below what was
seen.
"""

from __future__ import annotations

import numpy as np

from engine.core.decide.state import PEAK_HOURS, DecideRows
from engine.core.forecast.compact import MISSING, decode, encode_up
from engine.core.rows import Array

BUCKETS_PER_HOUR = 12


def hour_of(bucket: int) -> int:
    """Clock hour that contains a bucket (which is named by its end)."""
    return (bucket - 1) // BUCKETS_PER_HOUR


def observe_peaks(decide: DecideRows, bucket: int, peak: Array) -> None:
    """A bucket has closed: `peak` float64 [n, 2], its greatest samples in cores and bytes, NaN without any."""
    hour = hour_of(bucket)
    rows = np.flatnonzero(~np.isnan(peak).all(axis=1) & (decide.peaks_hour <= hour))
    ring = _valid(decide, rows, hour)
    position = hour % PEAK_HOURS
    ring[:, :, position] = np.maximum(ring[:, :, position], encode_up(peak[rows]))  # in the order of the amounts
    decide.peaks[rows] = ring
    decide.peaks_hour[rows] = hour


def peaks_over(decide: DecideRows, rows: Array, bucket: int, hours: int) -> Array:
    """Peak of the last so many clock hours, the bucket's included: float64 [m, 2], NaN without a sample."""
    hour = hour_of(bucket)
    recent = hour - _newest(hour) < hours
    highest = np.where(recent, _valid(decide, rows, hour), np.uint16(MISSING)).max(axis=-1)
    peaks: Array = decode(highest).astype(np.float64)
    return peaks


def _newest(hour: int) -> Array:
    """The newest hour up to `hour` at each position of the ring."""
    newest: Array = hour - (hour - np.arange(PEAK_HOURS)) % PEAK_HOURS
    return newest


def _valid(decide: DecideRows, rows: Array, hour: int) -> Array:
    """The rows' rings as of `hour`, uint16 codes [m, 2, 24]; what is left of an earlier day is missing."""
    written = _newest(hour) <= decide.peaks_hour[rows, None]
    return np.where(written[:, None, :], decide.peaks[rows], np.uint16(MISSING))
