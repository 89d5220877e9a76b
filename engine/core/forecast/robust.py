"""Means and medians along the last axis that ignore NaN and depend on nothing but their own numbers.

numpy may add the terms of a sum in another order when a neighbouring axis has length 1; here terms are added one after
the other. The forecast of a row may not change with the block that it is computed in.
"""

from __future__ import annotations

import numpy as np

from engine.core.rows import Array


def mean(values: Array) -> Array:
    """Mean along the last axis without NaN; NaN where there is nothing else."""
    known = ~np.isnan(values)
    terms = np.where(known, values, values.dtype.type(0))
    total, count = np.zeros_like(terms[..., 0]), np.zeros_like(terms[..., 0])
    for k in range(values.shape[-1]):
        total += terms[..., k]
        count += known[..., k]
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)


def median(values: Array) -> Array:
    """Median along the last axis without NaN; NaN where there is nothing else."""
    ordered = np.sort(values, axis=-1)  # NaN comes last
    length = values.shape[-1]
    if not np.isnan(ordered[..., -1]).any():
        whole: Array = (ordered[..., (length - 1) // 2] + ordered[..., length // 2]) * values.dtype.type(0.5)
        return whole
    count = np.count_nonzero(~np.isnan(values), axis=-1)[..., None]
    lower = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis=-1)
    upper = np.take_along_axis(ordered, np.minimum(count // 2, length - 1), axis=-1)
    middle: Array = (lower + upper)[..., 0] * values.dtype.type(0.5)
    return middle


def weighted_median(values: Array, weights: Array) -> Array:
    """Lower weighted median along the last axis: the smallest value whose weights, with those below, reach half.

    NaN has no weight. NaN where nothing has weight.
    """
    order = np.argsort(values, axis=-1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=-1)
    weight = np.where(np.isnan(ordered), weights.dtype.type(0), np.take_along_axis(weights, order, axis=-1))
    reached = weight.cumsum(axis=-1)
    first = np.argmax(reached >= reached[..., -1:] * weights.dtype.type(0.5), axis=-1)
    chosen = np.take_along_axis(ordered, first[..., None], axis=-1)[..., 0]
    return np.where(reached[..., -1] > 0, chosen, values.dtype.type(np.nan))
