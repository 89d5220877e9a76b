"""Hourly peaks of the last day: a ring per resource, at the clock hour's index modulo 24, cleared lazily."""

from __future__ import annotations

import numpy as np

from engine.core.decide.state import PEAK_HOURS, DecideRows
from engine.core.rows import Array

_BUCKETS_PER_HOUR = 12


def hour_of(bucket: int) -> int:
    """Clock hour that contains a bucket (which is named by its end)."""
    return (bucket - 1) // _BUCKETS_PER_HOUR


def observe_peaks(decide: DecideRows, bucket: int, peak: Array) -> None:
    """A bucket has closed: `peak` float64 [n, 2], its greatest samples in cores and bytes, NaN without any."""
    hour = hour_of(bucket)
    rows = np.flatnonzero(~np.isnan(peak).all(axis=1) & (decide.peaks_hour <= hour))
    ring = _valid(decide, rows, hour)
    position = hour % PEAK_HOURS
    ring[:, :, position] = np.fmax(ring[:, :, position], peak[rows])
    decide.peaks[rows] = ring
    decide.peaks_hour[rows] = hour


def peaks_over(decide: DecideRows, rows: Array, bucket: int, hours: int) -> Array:
    """Peak of the last so many clock hours, the bucket's included: float64 [m, 2], NaN without a sample."""
    hour = hour_of(bucket)
    recent = hour - _newest(hour) < hours
    peaks = np.where(recent, _valid(decide, rows, hour), np.float32(np.nan))
    highest: Array = np.fmax.reduce(peaks, axis=-1).astype(np.float64)
    return highest


def _newest(hour: int) -> Array:
    """The newest hour up to `hour` at each position of the ring."""
    newest: Array = hour - (hour - np.arange(PEAK_HOURS)) % PEAK_HOURS
    return newest


def _valid(decide: DecideRows, rows: Array, hour: int) -> Array:
    """The rows' rings as of `hour`; what is left of an earlier day is NaN."""
    written = _newest(hour) <= decide.peaks_hour[rows, None]
    return np.where(written[:, None, :], decide.peaks[rows], np.float32(np.nan))
