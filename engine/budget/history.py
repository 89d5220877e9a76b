"""What was requested and used at each time, by container and added up by namespace or node."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core.rows import Array

FILLED: Final = 12
"""Buckets: use holds for up to an hour until the next sample; without one it is 0."""


@dataclass(frozen=True, slots=True)
class History:
    """One container by buckets that have a sample: `bucket` [k] ascending; amounts [k, 2] of all replicas, NaN none.

    What it requests holds from its first sample to its last; of one that `runs`, to the end of whatever is summed.
    """

    bucket: Array
    requested: Array
    used: Array
    runs: bool = False

    def on(self, first: int, last: int) -> tuple[Array, Array, Array]:
        """Where it is there from the bucket `first` (not after its own) to `last`: places, requested, used [m, 2]."""
        grid = np.arange(first, last + 1)
        former = np.searchsorted(self.bucket, grid, side="right") - 1
        place = np.flatnonzero((former >= 0) & ((grid <= self.bucket[-1]) | self.runs))
        former = former[place]
        silent = (grid[place] - self.bucket[former] > FILLED) | (grid[place] > self.bucket[-1])
        return place, self.requested[former], np.where(silent[:, None], np.nan, self.used[former])


@dataclass(frozen=True, slots=True)
class Sums:
    """Of some containers, at every bucket from `first` on: float64 [buckets, 2] each.

    `counted` is what they cost: of each the larger of requested and used, 0 where neither is known. So does OpenCost
    allocate: https://www.opencost.io/docs/specification/ ("max(request, usage)").
    """

    first: int
    used: Array
    counted: Array


def sums(histories: Iterable[History], weights: Sequence[Array] | None = None) -> Sums | None:
    """Adds histories up; with `weights` [2] for each, amounts times its weights. None where nobody has a sample."""
    known = list(histories)
    if not (ends := [(int(one.bucket[0]), int(one.bucket[-1])) for one in known if len(one.bucket)]):
        return None
    first, last = min(begin for begin, _ in ends), max(end for _, end in ends)
    used, counted = np.zeros((last - first + 1, 2)), np.zeros((last - first + 1, 2))
    for number, history in enumerate(known):
        if len(history.bucket):
            weight = np.ones(2) if weights is None else weights[number]
            place, requests, uses = history.on(first, last)
            used[place] += np.nan_to_num(uses) * weight
            counted[place] += np.nan_to_num(np.fmax(requests, uses)) * weight
    return Sums(first, used, counted)
