"""Memory that leaks: a rise that goes on, and when it reaches the limit.

    slope = median of the slopes between the lows of the last half hours (Theil-Sen), of all and of the later half:
            the lesser, so that a cache that fills up is not taken for a leak
    time to limit = (limit - highest mean of the last half hour's buckets) / slope

Lows, because what a garbage collector takes back does not leak; a low that falls (a restart, a release) begins anew.
Five lows are needed, of which nearly all pairs rise, by more than they scatter about the line. Daily ramps, batches and
nightly restarts rise like a leak, and come back: a level at which memory has been within the week before, and was not
killed, is none of a leak.

Theil-Sen: P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63 (1968).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.forecast.recall import hourly_means
from engine.core.rows import Array
from engine.units import BUCKET_S, MEMORY

if TYPE_CHECKING:
    from engine.core.decide.parameters import SizingParameters
    from engine.core.forecast import ForecastRows

_BLOCKS: Final = 6
_BLOCK: Final = 6
"""Buckets of a block: half an hour."""
_LEAST: Final = 5
"""Lows that make a trend."""
_HOURS: Final = 3
"""What the blocks cover."""
_WEEK_H: Final = 7 * 24
_OLDER, _NEWER = np.triu_indices(_BLOCKS, 1)
_SPAN_S: Final = (_NEWER - _OLDER) * float(_BLOCK * BUCKET_S)
_LATER: Final = _OLDER >= _BLOCKS // 2


def time_to_limit(
    rows: ForecastRows,
    which: Array,
    bucket: int,
    recent: Array,
    limit: Array,
    killed: Array,
    parameters: SizingParameters,
) -> tuple[Array, Array]:
    """Seconds until the memory of rows int [m] reaches its `limit` [m], and slope in bytes/s; NaN "does not leak".

    `recent` float64 [m, 2, 36] are the means of the last buckets (`forecast.recall`), `killed` bool [m] tells which
    were OOM-killed within the week. Times of more than a day are
    none: they cannot be told from a slow week.
    """
    seconds, slope = np.full((2, len(which)), np.nan)
    means = recent[:, MEMORY]
    near = np.flatnonzero((limit > 0) & (rows.last_bucket[which, MEMORY] == bucket))
    found, rising = trend(means[near], parameters)
    highest = np.fmax.reduce(means[near, :_BLOCK], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        left_s = np.maximum(limit[near] - highest, 0.0) / found
    near_s = rising & (left_s < parameters.leak_told_s)
    near, found, left_s = near[near_s], found[near_s], left_s[near_s]
    if len(near):
        usual = _went_well_before(hourly_means(rows, which[near], MEMORY, bucket), parameters) & ~killed[near]
        slope[near], seconds[near] = np.where(usual, np.nan, found), np.where(usual, np.nan, left_s)
    return seconds, slope


def trend(means: Array, parameters: SizingParameters) -> tuple[Array, Array]:
    """Slope per second [m] of the lows of means float64 [m, 36], newest first, and whether it is credible, bool [m]."""
    lows = np.fmin.reduce(means.reshape(len(means), _BLOCKS, _BLOCK), axis=-1)[:, ::-1]
    lows = np.where(_since_last_fall(lows, parameters), lows, np.nan)
    with np.errstate(invalid="ignore"):
        slopes = (lows[:, _NEWER] - lows[:, _OLDER]) / _SPAN_S
    pairs = (~np.isnan(slopes)).sum(axis=1)
    enough = pairs >= _LEAST * (_LEAST - 1) // 2
    found = np.minimum(_median(slopes), _median(slopes[:, _LATER]))
    times = np.arange(_BLOCKS) * float(_BLOCK * BUCKET_S)
    off = lows - found[:, None] * times
    scatter = _median(np.abs(off - _median(off)[:, None]))
    length_s = (~np.isnan(lows)).sum(axis=1) * float(_BLOCK * BUCKET_S)
    rise = found * length_s
    with np.errstate(invalid="ignore"):
        rising = (slopes > 0).sum(axis=1) >= parameters.leak_rising * pairs
        clear = (rise > parameters.leak_scatter * scatter) & (rise > parameters.leak_rise * _median(lows))
    return found, enough & rising & clear & ~np.isnan(lows[:, -1])


def _since_last_fall(lows: Array, parameters: SizingParameters) -> Array:
    """Which lows [m, blocks], oldest first, come after the last fall of more than a share: bool [m, blocks]."""
    with np.errstate(invalid="ignore"):
        fell = lows[:, 1:] < lows[:, :-1] * (1.0 - parameters.leak_reset)
    later = np.logical_or.accumulate(fell[:, ::-1], axis=1)[:, ::-1]
    return np.concatenate([~later, np.ones((len(lows), 1), np.bool_)], axis=1)


def _went_well_before(means: Array, parameters: SizingParameters) -> Array:
    """Whether hourly means [m, hours], newest first, were as high within a week before this rise: bool [m]."""
    before = np.fmax.reduce(means[:, _HOURS + 1 : _HOURS + 1 + _WEEK_H], axis=1)
    with np.errstate(invalid="ignore"):
        higher: Array = before * (1.0 + parameters.leak_new) >= means[:, 0]
    return higher


def _median(values: Array) -> Array:
    """Median along the last axis of what is not NaN; NaN where nothing is."""
    ordered = np.sort(values, axis=-1)  # NaN is last
    count = (~np.isnan(values)).sum(axis=-1, keepdims=True)
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, values.shape[-1] - 1)
    middle = np.take_along_axis(ordered, low, -1) + np.take_along_axis(ordered, high, -1)
    return np.asarray(middle[..., 0] / 2)
