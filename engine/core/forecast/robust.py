"""Means and medians of a few numbers that ignore NaN."""

from __future__ import annotations

import numpy as np

from engine.core.compiled import compiled
from engine.core.rows import Array

_NAN = np.float32(np.nan)
_NOTHING, _HALF, _INFINITE = np.float32(0), np.float32(0.5), np.float32(np.inf)


@compiled
def mean(values: Array) -> np.float32:
    """Mean of float32 [n] without NaN; NaN where there is nothing else."""
    total, count = _NOTHING, _NOTHING
    for value in values:
        if not np.isnan(value):
            total += value
            count += np.float32(1)
    return total / count


@compiled
def median(values: Array) -> np.float32:
    """Median of float32 [n] without NaN; NaN where there is nothing else.

    By counting how many are below each: for a few dozen this is faster than sorting, for nothing branches.
    """
    known = np.int32(0)
    for k in range(len(values)):
        known = np.int32(known + np.int32(not np.isnan(values[k])))
    lower, upper = (known - 1) // 2, known // 2
    low = high = _NAN
    for k in range(len(values)):
        value = values[k]
        below, equal = np.int32(0), np.int32(0)
        for other in range(len(values)):
            below = np.int32(below + np.int32(values[other] < value))
            equal = np.int32(equal + np.int32(values[other] == value))
        if below <= lower < below + equal:
            low = value
        if below <= upper < below + equal:
            high = value
        if not (np.isnan(low) or np.isnan(high)):
            break
    return (low + high) * _HALF


@compiled
def weighted_median(values: Array, weights: Array, order: Array) -> np.float32:
    """Lower weighted median of float32 [n]: the smallest value whose weights, with those below, reach half.

    NaN has no weight. NaN where nothing has weight. `order` int64 [n] is scratch.
    """
    known = _rank(values, order)
    total = _NOTHING
    for rank in range(known):
        total += weights[order[rank]]
    half, reached = total * _HALF, _NOTHING
    for rank in range(known):
        reached += weights[order[rank]]
        if reached >= half and reached > _NOTHING:
            return np.float32(values[order[rank]])
    return _NAN


@compiled
def trimmed_mean(values: Array, weights: Array, trimmed: np.float32, order: Array) -> np.float32:
    """Weighted mean of float32 [n] without the share `trimmed` of the weight below and above; never beyond the rest.

    NaN has no weight. NaN where nothing has weight. `order` int64 [n] is scratch.
    """
    known = _rank(values, order)
    total = _NOTHING
    for rank in range(known):
        total += weights[order[rank]]
    if not total > _NOTHING:
        return _NAN
    begin, end = total * trimmed, total * (np.float32(1) - trimmed)
    reached, used, mean = _NOTHING, _NOTHING, _NOTHING
    for rank in range(known):
        before, reached = reached, reached + weights[order[rank]]
        share = min(reached, end) - max(before, begin)
        if share > _NOTHING:
            used += share
            mean += (values[order[rank]] - mean) * (share / used)
    return mean


@compiled
def _rank(values: Array, order: Array) -> int:
    """Write the places of the values in ascending order, equals as they come; returns how many are not NaN."""
    known = 0
    for place in range(len(values)):
        value, rank = values[place], np.int32(0)
        for other in range(len(values)):
            below = np.int32(values[other] < value)
            equal = np.int32(values[other] == value) & np.int32(other < place)
            rank = np.int32(rank + np.int32(below | equal))
        if not np.isnan(value):
            order[rank] = place
            known += 1
    return known


@compiled
def mode(values: Array, order: Array) -> np.float32:
    """One step of the half-sample mode of float32 [n] without NaN: the median of the half that is closest together.

    Bickel & Fruehwirth, "On a fast, robust estimator of the mode", Computational Statistics & Data Analysis 2006.
    `order` int64 [n] is scratch.
    """
    known = _rank(values, order)
    half = max(known // 2, 1)
    closest, first = _INFINITE, 0
    for rank in range(known - half + 1):
        width = values[order[rank + half - 1]] - values[order[rank]]
        if width < closest:
            closest, first = width, rank
    if known == 0:
        return _NAN
    middle: np.float32 = (values[order[first + (half - 1) // 2]] + values[order[first + half // 2]]) * _HALF
    return middle


@compiled
def quantile(values: Array, share: np.float32, order: Array) -> np.float32:
    """Quantile of float32 [n] without NaN, linear between neighbours; `order` int64 [n] is scratch."""
    known = _rank(values, order)
    if known == 0:
        return _NAN
    position = share * np.float32(known - 1)
    below = int(position)
    low, high = values[order[below]], values[order[min(below + 1, known - 1)]]
    found: np.float32 = low + (high - low) * (position - np.float32(below))
    return found
