"""Kinds of moments at which a forecast may be worse calibrated than it is on the whole."""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.backtest.model import Buckets, Floats, Mask, Series
from engine.units import BUCKET_S

DAY: Final = 288
HALF_HOUR: Final = 6
BEFORE: Final = 96
"""Half-hours, two days, whose range a new level leaves."""
STAYS: Final = 6
"""Half-hours, three hours, that it stays outside."""
AFTER: Final = 72
"""Buckets, six hours, that count as after a shift of level."""


def classes(series: Series, origins: Buckets, lead: int) -> dict[str, Mask]:
    """Which origins belong to which kind, bool [origins].

    young: within the first day of the series. night: the target lies in 22-6 h UTC; day: not. after_shift: within six
    hours after a shift of level, which is three hours whose half-hour means all lie above, or all below, everything of
    the two days before. It is found with hindsight, to judge by: no forecaster sees it.
    """
    hour: Buckets = (origins + lead) * BUCKET_S // 3600 % 24
    night: Mask = np.logical_or(hour >= 22, hour < 6)
    return {
        "young": origins - series.first < DAY,
        "night": night,
        "day": ~night,
        "after_shift": _after_shift(series, origins),
    }


def _after_shift(series: Series, origins: Buckets) -> Mask:
    since = origins[:, None] - shifts(series)
    near: Mask = np.any((since >= 0) & (since < AFTER), axis=1)
    return near


def shifts(series: Series) -> Buckets:
    """Buckets at which a new level began."""
    means = _half_hours(series.mean)
    if len(means) < BEFORE + STAYS:
        return np.empty(0, np.int64)
    filled = np.where(np.isnan(means), -np.inf, means), np.where(np.isnan(means), np.inf, means)
    windows = [np.lib.stride_tricks.sliding_window_view(each, BEFORE + STAYS) for each in filled]
    highest_before, lowest_before = windows[0][:, :BEFORE].max(axis=1), windows[1][:, :BEFORE].min(axis=1)
    highest_after, lowest_after = windows[0][:, BEFORE:].max(axis=1), windows[1][:, BEFORE:].min(axis=1)
    known = np.isfinite(highest_before) & np.isfinite(highest_after)
    moved = known & ((lowest_after > highest_before) | (highest_after < lowest_before))
    begins = np.flatnonzero(moved & ~np.append(False, moved[:-1]))
    found: Buckets = series.first + (begins + BEFORE) * HALF_HOUR
    return found


def _half_hours(mean: Floats) -> Floats:
    """Means of six buckets each, from the first on; NaN where all are missing."""
    whole = mean[: len(mean) // HALF_HOUR * HALF_HOUR].reshape(-1, HALF_HOUR)
    known = ~np.isnan(whole)
    with np.errstate(invalid="ignore", divide="ignore"):
        means: Floats = np.where(known, whole, 0.0).sum(axis=1) / known.sum(axis=1)
    return means
