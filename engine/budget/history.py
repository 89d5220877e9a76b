"""What was requested and used at each time, by container and added up by namespace or node."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core.rows import Array

FILLED: Final = 12
"""Buckets: a gap of up to an hour between two samples is filled with the former; after that a container is gone."""


@dataclass(frozen=True, slots=True)
class History:
    """One container by buckets that have a sample: `bucket` [k] ascending; amounts [k, 2] of all replicas, NaN none."""

    bucket: Array
    requested: Array
    used: Array

    @property
    def counted(self) -> Array:
        """What it costs [k, 2]: the larger of requested and used, 0 where neither is known.

        As OpenCost allocates: https://www.opencost.io/docs/specification/ ("max(request, usage)").
        """
        counted: Array = np.nan_to_num(np.fmax(self.requested, self.used))
        return counted


@dataclass(frozen=True, slots=True)
class Sums:
    """Of some containers, at every bucket from `first` on: float64 [buckets, 2] each."""

    first: int
    used: Array
    counted: Array


def sums(histories: Iterable[History], weights: Sequence[Array] | None = None) -> Sums | None:
    """Adds histories up; with `weights` [2] for each, amounts times its weights. None where nobody has a sample."""
    known = [history for history in histories if len(history.bucket)]
    if not known:
        return None
    first = min(int(history.bucket[0]) for history in known)
    last = max(int(history.bucket[-1]) for history in known)
    used, counted = np.zeros((last - first + 1, 2)), np.zeros((last - first + 1, 2))
    for number, history in enumerate(known):
        place, source = _filled(history.bucket, first, last)
        weight = np.ones(2) if weights is None else weights[number]
        used[place] += np.nan_to_num(history.used[source]) * weight
        counted[place] += history.counted[source] * weight
    return Sums(first, used, counted)


def _filled(bucket: Array, first: int, last: int) -> tuple[Array, Array]:
    """Places on a grid of buckets where something holds, and the index of the sample that does."""
    grid = np.arange(first, last + 1)
    source = np.searchsorted(bucket, grid, side="right") - 1
    age = grid - bucket[np.maximum(source, 0)]
    place = np.flatnonzero((source >= 0) & (age <= np.where(grid > bucket[-1], 0, FILLED)))
    return place, source[place]
