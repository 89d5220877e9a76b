"""Analogs: what followed the hours of the past two weeks that were most like the present.

A nearest-neighbour forecast (Lorenz, "Atmospheric predictability as revealed by naturally occurring analogues", Journal
of the Atmospheric Sciences 26, 1969): the last 6, 12 or 24 hours, each by its mean and its last bucket, newer ones
weighing more, are compared with every stretch of the same length that ended a whole number of hours ago; the forecast
is the median of what followed the nearest, moved to the present level. Two of the experts compare shapes (divided by
their own mean) and scale what followed, two compare amounts and shift it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core.forecast.history import HOURS, History
from engine.core.forecast.robust import mean, median
from engine.core.forecast.stretches import Stretches, stretches
from engine.core.forecast.targets import Target
from engine.core.rows import Array

LONGEST: Final = 24
"""Hours of the longest stretch."""
SOONEST: Final = 4
"""A stretch must have ended so many hours ago, so that what followed is known at each lead of up to 4 h."""
AGES: Final = np.arange(SOONEST, HOURS - LONGEST + 1)
"""Hours ago at which the stretches that are compared ended."""
SHIFT: Final = np.float32(0.5)
"""Share of the difference of levels by which what followed is moved."""
RATIOS: Final = (np.float32(0.4), np.float32(2.5))


@dataclass(frozen=True, slots=True)
class Kind:
    """An expert: `hours` compared, `nearest` ones used, weight of the `time` of day, shapes or amounts."""

    name: str
    hours: int
    nearest: int
    time: float
    shapes: bool


KINDS: Final = (
    Kind("similar_day", 24, 8, 0.5, True),
    Kind("similar_half_day", 12, 8, 0.5, True),
    Kind("similar_half_day_shifted", 12, 8, 2.0, False),
    Kind("similar_6_hours_shifted", 6, 7, 1.0, False),
)


def similar(past: History, targets: list[Target]) -> dict[str, Array]:
    """What each kind says at the targets: float32 [m, targets], NaN where too few stretches can be compared."""
    level = _levels(past)
    followed = [target.exact(past, AGES) for target in targets]
    known = ~np.isnan(followed[-1])
    compared = {hours: stretches(past, hours, AGES) for hours in {kind.hours for kind in KINDS}}
    return {kind.name: _say(kind, compared[kind.hours], level, followed, known) for kind in KINDS}


def _levels(past: History) -> Array:
    """Mean of three hours, now and at the ages: [m, 1 + ages]."""
    ages = np.concatenate([[0], AGES])
    return mean(np.stack([past.means.take(ages + back, axis=-1) for back in range(3)], axis=-1))


def _say(kind: Kind, compared: Stretches, level: Array, followed: list[Array], known: Array) -> Array:
    distance = compared.shapes() if kind.shapes else compared.amounts()
    distance = distance + np.float32(kind.time**2) * _TIME_OF_DAY
    distance[~(compared.usable & known)] = np.inf
    nearest = np.argpartition(distance, kind.nearest - 1, axis=-1)[:, : kind.nearest]
    enough = np.isfinite(np.take_along_axis(distance, nearest, axis=-1)).all(axis=-1)
    then, now = np.take_along_axis(level[:, 1:], nearest, axis=-1), level[:, :1]
    if kind.shapes:
        ratio = np.divide(now, then, out=np.ones_like(then), where=then > 0)
        factor, shift = np.clip(ratio, *RATIOS), np.float32(0)
    else:
        factor, shift = np.float32(1), (now - then) * SHIFT
    said = [median(np.take_along_axis(values, nearest, axis=-1) * factor + shift) for values in followed]
    return np.where(enough[:, None], np.stack(said, axis=1), np.float32(np.nan))


_ANGLE: Final = 2 * np.pi / 24 * AGES
_TIME_OF_DAY: Final = ((np.cos(_ANGLE) - 1) ** 2 + np.sin(_ANGLE) ** 2).astype(np.float32)
"""Squared distance on the unit circle between the present time of day and that of each age."""
