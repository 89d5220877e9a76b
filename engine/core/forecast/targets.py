"""Where a bucket to be forecast lies among the hours that are remembered, and what was there on earlier days.

Hours count back from the origin's hour, as `means` and `marks` of a `History` do: negative is ahead of the origin.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from engine.core.compiled import compiled
from engine.core.forecast.state import HOUR
from engine.core.rows import Array

_MARK_SHARE: Final = np.float32(0.3)
"""Of the bucket itself in a profile; the rest is the two hours around it."""
_NAN: Final = np.float32(np.nan)
_NOTHING: Final = np.float32(0)


class Place(NamedTuple):
    """A time among the hours: between the middle of hour `older` and the middle of the next, `share` of the way."""

    older: int
    share: np.float32


class Target(NamedTuple):
    """A bucket to be forecast.

    `ahead`: hours from the origin's hour to its own. `mark`: it ends on the hour. `day`: since the epoch.
    """

    ahead: int
    mark: bool
    place: Place
    day: int


@compiled
def target_at(bucket: int, lead: int) -> Target:
    """The bucket `lead` after `bucket`."""
    ahead = (bucket + lead - 1) // HOUR - (bucket - 1) // HOUR
    day = (bucket + lead - 1) // (24 * HOUR)
    return Target(ahead, (bucket + lead) % HOUR == 0, _place(bucket, 2 * (bucket + lead) - 1), day)


@compiled
def last_hour(bucket: int) -> Place:
    """The hour that ends with `bucket`."""
    return _place(bucket, 2 * bucket - HOUR)


@compiled
def _place(bucket: int, centre: int) -> Place:
    """Of a time in half buckets. The middle of hour h is at 24 h + 12."""
    hour = (centre - HOUR) // (2 * HOUR)
    return Place((bucket - 1) // HOUR - hour, np.float32(((centre - HOUR) % (2 * HOUR)) / (2 * HOUR)))


@compiled
def at_hour(values: Array, hour: int) -> np.float32:
    """Of values [hours]; NaN for an hour that is not over yet, or too long ago."""
    return values[hour] if 0 <= hour < len(values) else _NAN


@compiled
def level(means: Array, place: Place, hours: int) -> np.float32:
    """Level so many hours before this place, interpolated; NaN where neither hour is known."""
    older = at_hour(means, place.older + hours)
    if place.share == _NOTHING:
        return older
    newer = at_hour(means, place.older + hours - 1)
    if np.isnan(newer):
        return older
    return newer if np.isnan(older) else older + (newer - older) * place.share


@compiled
def exact(means: Array, marks: Array, target: Target, hours: int) -> np.float32:
    """The same bucket so many hours earlier where it ends on the hour, else the level there."""
    return at_hour(marks, hours - target.ahead) if target.mark else level(means, target.place, hours)


@compiled
def profile(means: Array, marks: Array, target: Target, hours: int) -> np.float32:
    """The time around the target so many hours earlier."""
    around = level(means, target.place, hours)
    mark = at_hour(marks, hours - target.ahead) if target.mark else _NAN
    return around if np.isnan(mark) else around + (mark - around) * _MARK_SHARE
