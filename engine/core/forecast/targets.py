"""Where a bucket to be forecast lies among the hours that are remembered, and what was there on earlier days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core.forecast.history import History
from engine.core.forecast.state import HOUR
from engine.core.rows import Array

_MARK_SHARE: Final = np.float32(0.3)
"""Of the bucket itself in a profile; the rest is the two hours around it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A time among the hours: between the middle of hour `older` and the middle of the next, `share` of the way.

    `older` counts back from the origin's hour, as the columns of a `History` do: negative is ahead of the origin.
    """

    older: int
    share: float

    def level(self, past: History, hours: Array) -> Array:
        """Level so many hours before this place: float32 [m, k], interpolated; NaN where neither hour is known."""
        older = columns(past.means, self.older + hours)
        if self.share == 0:
            return older
        newer = columns(past.means, self.older + hours - 1)
        between = older + (newer - older) * np.float32(self.share)
        known: Array = np.where(np.isnan(newer), older, np.where(np.isnan(older), newer, between))
        return known


@dataclass(frozen=True, slots=True)
class Target:
    """A bucket to be forecast. `ahead`: hours from the origin's hour to its own; `mark`: it ends on the hour."""

    ahead: int
    mark: bool
    place: Place

    def exact(self, past: History, hours: Array) -> Array:
        """The same bucket so many hours earlier where it ends on the hour, else the level there: float32 [m, k]."""
        return columns(past.marks, hours - self.ahead) if self.mark else self.place.level(past, hours)

    def profile(self, past: History, hours: Array) -> Array:
        """The time around the target so many hours earlier: float32 [m, k]."""
        level = self.place.level(past, hours)
        if not self.mark:
            return level
        mark = self.exact(past, hours)
        blend: Array = np.where(np.isnan(mark), level, level + (mark - level) * _MARK_SHARE)
        return blend


def target_at(bucket: int, lead: int) -> Target:
    """The bucket `lead` after `bucket`."""
    ahead = (bucket + lead - 1) // HOUR - (bucket - 1) // HOUR
    return Target(ahead, (bucket + lead) % HOUR == 0, _place(bucket, bucket + lead - 0.5))


def last_hour(bucket: int) -> Place:
    """The hour that ends with `bucket`."""
    return _place(bucket, bucket - HOUR / 2)


def _place(bucket: int, centre: float) -> Place:
    """Of a time in buckets. The middle of hour h is at 12 h + 6."""
    position = (centre - HOUR / 2) / HOUR
    older = int(np.floor(position))
    return Place((bucket - 1) // HOUR - older, position - older)


def columns(values: Array, hours: Array) -> Array:
    """Columns `hours` [k] or [m, k] of values [m, n]; NaN for hours that are not over yet, or too long ago."""
    inside = (hours >= 0) & (hours < values.shape[-1])
    some = hours if inside.all() else np.where(inside, hours, 0)
    found = values.take(some, axis=-1) if hours.ndim == 1 else np.take_along_axis(values, some, axis=-1)
    if some is not hours:
        found = np.where(inside, found, np.float32(np.nan))
    return found
