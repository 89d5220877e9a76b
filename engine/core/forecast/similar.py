"""Analogs: what followed the hours of the past two weeks that were most like the present.

A nearest-neighbour forecast (Lorenz, "Atmospheric predictability as revealed by naturally occurring analogues", Journal
of the Atmospheric Sciences 26, 1969): the last 6, 12 or 24 hours, each by its mean and its last bucket, newer ones
weighing more, are compared with every stretch of the same length that ended a whole number of hours ago; the forecast
is the median of what followed the nearest, moved to the present level. Two kinds compare shapes (divided by their own
mean) and scale what followed, two compare amounts and shift it. One more expert is the median of what all kinds found.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from engine.core.compiled import compiled
from engine.core.forecast import stretches
from engine.core.forecast.history import HOURS
from engine.core.forecast.robust import mean, median
from engine.core.forecast.state import EXPERTS
from engine.core.forecast.stretches import Past
from engine.core.forecast.targets import Target, exact
from engine.core.rows import Array

LONGEST: Final = 24
"""Hours of the longest stretch."""
SOONEST: Final = 4
"""A stretch must have ended so many hours ago, so that what followed is known at each lead of up to 4 h."""
LATEST: Final = HOURS - LONGEST
"""A stretch that ended longer ago is no longer remembered as a whole."""
AGES: Final = LATEST + 1 - SOONEST
SHIFT: Final = np.float32(0.5)
"""Share of the difference of levels by which what followed is moved."""
RATIOS: Final = (np.float32(0.4), np.float32(2.5))
MOST: Final = 8
"""Nearest stretches used by any kind."""
_NOTHING, _ONE = np.float32(0), np.float32(1)
_INFINITE = np.float32(np.inf)
NOBODY: Final = -1


class Kind(NamedTuple):
    """`hours` compared, `nearest` ones used, weight of the `time` of day, shapes or amounts; speaks as an `expert`."""

    expert: int  # NOBODY: only with the others
    hours: int
    nearest: int
    time: float
    shapes: bool


KINDS: Final = (  # those that compare as many hours follow each other
    Kind(EXPERTS.index("similar_day"), 24, 8, 0.5, True),
    Kind(NOBODY, 12, 8, 0.5, True),
    Kind(EXPERTS.index("similar_half_day_shifted"), 12, 8, 2.0, False),
    Kind(EXPERTS.index("similar_6_hours_shifted"), 6, 7, 1.0, False),
)

_ALL: Final = EXPERTS.index("similar_stretches")
_ANGLE: Final = 2 * np.pi / 24 * np.arange(SOONEST, LATEST + 1)
_TIME_OF_DAY: Final = ((np.cos(_ANGLE) - 1) ** 2 + np.sin(_ANGLE) ** 2).astype(np.float32)
"""Squared distance on the unit circle between the present time of day and that of each age."""


class Library(NamedTuple):
    """Room for the comparison of one series, and what it finds: the stretches that are `nearest` [kinds, 8].

    `ages` int64 of these stretches, 0 without one, and what moves to the present level what followed them: a `factor`
    or an amount to `add`, float32. `followed` is room for the latter.
    """

    past: Past
    weighted: Array
    product: Array
    apart: Array
    least: Array
    ages: Array
    factor: Array
    add: Array
    followed: Array


@compiled
def empty_library() -> Library:
    nearest = (len(KINDS), MOST)
    return Library(
        stretches.empty_past(HOURS),
        np.empty(2 * LONGEST, np.float32),
        np.empty(AGES, np.float32),
        np.empty(AGES, np.float32),
        np.empty(MOST, np.float32),
        np.empty(nearest, np.int64),
        np.empty(nearest, np.float32),
        np.empty(nearest, np.float32),
        np.empty(len(KINDS) * MOST, np.float32),
    )


@compiled
def search(library: Library, means: Array, marks: Array) -> None:
    """Find what was most like the present hours of a series, of each kind."""
    past, compared = library.past, 0
    centre = stretches.fill(past, means, marks)
    now = stretches.NOWHERE
    for place in range(len(KINDS)):
        kind = KINDS[place]
        if kind.hours != compared:
            compared = kind.hours
            weighted = library.weighted[: 2 * compared]
            now = stretches.present(past, centre, stretches.weights(compared), weighted)
            stretches.correlate(past, weighted, SOONEST, library.product)
        stretches.compare(past, centre, now, compared, kind.shapes, SOONEST, library.product, library.apart)
        _weigh_time(kind, marks, library.apart)
        ages = library.ages[place]
        ages[:] = 0
        if past.missing[compared] <= compared:
            _nearest(library.apart, library.least[: kind.nearest], ages)
        _move(kind, means, ages, library.factor[place], library.add[place])


@compiled
def _weigh_time(kind: Kind, marks: Array, apart: Array) -> None:
    """Add the distance in the time of day; none that was not followed by a known mark 4 h later is near."""
    weight = np.float32(kind.time * kind.time)
    for place in range(len(apart)):
        distance = apart[place] + weight * _TIME_OF_DAY[place]
        apart[place] = _INFINITE if np.isnan(marks[place]) else distance


@compiled
def _nearest(apart: Array, least: Array, ages: Array) -> None:
    """Write the ages of as many as fit into `least`, unless there are fewer; of equals the later ones."""
    least[:] = _INFINITE
    last, farthest = len(least) - 1, _INFINITE
    for place in range(len(apart)):
        distance = apart[place]
        if distance < farthest:
            rank = last
            while rank > 0 and distance < least[rank - 1]:
                least[rank], ages[rank] = least[rank - 1], ages[rank - 1]
                rank -= 1
            least[rank], ages[rank] = distance, SOONEST + place
            farthest = least[last]
    if farthest == _INFINITE:
        ages[:] = 0


@compiled
def _move(kind: Kind, means: Array, ages: Array, factor: Array, add: Array) -> None:
    now = mean(means[:3])  # of three hours, as the others
    for place in range(kind.nearest):
        factor[place], add[place] = _ONE, _NOTHING
        then = mean(means[ages[place] : ages[place] + 3])
        if not kind.shapes:
            add[place] = (now - then) * SHIFT
        elif then > _NOTHING:
            ratio = now / then
            factor[place] = RATIOS[0] if ratio < RATIOS[0] else RATIOS[1] if ratio > RATIOS[1] else ratio


@compiled
def speak(library: Library, means: Array, marks: Array, target: Target, said: Array) -> None:
    """Write what each kind says at the target to said [experts], and all together; NaN without enough stretches."""
    known = 0
    for place in range(len(KINDS)):
        kind = KINDS[place]
        if library.ages[place, 0]:
            followed = library.followed[known : known + kind.nearest]
            for rank in range(kind.nearest):
                value = exact(means, marks, target, library.ages[place, rank])
                followed[rank] = value * library.factor[place, rank] + library.add[place, rank]
            known += kind.nearest
            if kind.expert != NOBODY:
                said[kind.expert] = median(followed)
    said[_ALL] = median(library.followed[:known])
