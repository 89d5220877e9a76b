"""Jobs are sized by their runs: the peaks of the last eight, whatever the clock says.

A run is over after ten minutes without a sample. Its peaks are kept in the 16-bit code of `forecast.compact`, the
latest run first, which may still be running. The wanted request is the highest of them with a margin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.core.decide.state import DecideRows
from engine.core.forecast.compact import MISSING, decode, encode
from engine.core.rows import Array
from engine.units import BUCKET_S

if TYPE_CHECKING:
    from engine.core.decide.parameters import SizingParameters
    from engine.core.state import SlotState


def observe_runs(slot: SlotState, bucket: int, peak: Array, parameters: SizingParameters) -> None:
    """A bucket has closed, of which the forecast does not know yet: `peak` float64 [n, 2], NaN without a sample."""
    decide, last_bucket, at = slot.decide, slot.forecast.last_bucket.max(axis=1), slot.forecast_bucket(bucket)
    rows = np.flatnonzero(slot.placement.by_run & ~np.isnan(peak).all(axis=1) & (last_bucket < at))
    begins = (last_bucket[rows] < 0) | (at - last_bucket[rows] >= parameters.run_gap_buckets)
    runs = decide.runs[rows]
    runs[begins, :, 1:] = runs[begins, :, :-1]
    runs[begins, :, 0] = MISSING
    runs[..., 0] = np.maximum(runs[..., 0], encode(peak[rows]))  # codes are in the order of the amounts
    decide.runs[rows] = runs


def is_running(slot: SlotState, rows: Array, bucket: int, parameters: SizingParameters) -> Array:
    """Whether a job has had a sample within the last ten minutes before the end of a bucket: bool [m]."""
    last, at = slot.forecast.last_bucket[rows].max(axis=1), slot.forecast_bucket(bucket)
    running: Array = slot.placement.by_run[rows] & (at - last < parameters.run_gap_buckets - 1) & (last >= 0)
    return running


def ended_between(slot: SlotState, after: int, until: int, parameters: SizingParameters) -> Array:
    """Jobs whose run turned out to be over at a bucket in (after, until]: bool [n]."""
    last = slot.forecast.last_bucket.max(axis=1)
    known = last + parameters.run_gap_buckets - 1
    first, final = slot.forecast_bucket(after), slot.forecast_bucket(until)
    begun = slot.window.last_s.max(axis=1) >= until * BUCKET_S
    ended: Array = slot.placement.by_run & (last >= 0) & (known > first) & (known <= final) & ~begun
    return ended


def peaks_of_runs(decide: DecideRows, rows: Array) -> Array:
    """Peaks of the last runs, the latest first: float64 [m, 2, 8], NaN without a run."""
    peaks: Array = decode(decide.runs[rows]).astype(np.float64)
    return peaks


def demand_of_runs(peaks: Array, parameters: SizingParameters) -> Array:
    """Wanted request of jobs with these peaks: float64 [m, 2], NaN before the first run."""
    highest: Array = np.fmax.reduce(peaks, axis=-1) * np.array(parameters.run_margin)
    return highest
