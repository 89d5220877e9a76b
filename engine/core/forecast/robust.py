"""Means and medians of a few numbers that ignore NaN."""

from __future__ import annotations

import numpy as np

from engine.core.compiled import compiled
from engine.core.rows import Array

_NAN = np.float32(np.nan)
_NOTHING, _HALF = np.float32(0), np.float32(0.5)


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
