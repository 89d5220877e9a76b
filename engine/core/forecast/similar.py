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
from engine.core.forecast.stretches import Stretches, centred, stretches
from engine.core.forecast.targets import Target, columns
from engine.core.rows import Array

LONGEST: Final = 24
"""Hours of the longest stretch."""
SOONEST: Final = 4
"""A stretch must have ended so many hours ago, so that what followed is known at each lead of up to 4 h."""
LATEST: Final = HOURS - LONGEST
"""A stretch that ended longer ago is no longer remembered as a whole."""
SHIFT: Final = np.float32(0.5)
"""Share of the difference of levels by which what followed is moved."""
RATIOS: Final = (np.float32(0.4), np.float32(2.5))


MOST: Final = 8
"""Nearest stretches used by any kind."""


_BLOCK: Final = 128
"""Series compared at a time: distances to all stretches are large, and should stay in the processor's cache."""


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
    found = [_compare(past.part(slice(begin, begin + _BLOCK))) for begin in range(0, len(past.means), _BLOCK)]
    followed = []
    for kind, of_kind in zip(KINDS, zip(*found, strict=True), strict=True):
        ages, enough = (np.concatenate(parts) for parts in zip(*of_kind, strict=True))
        followed.append(_moved(kind, past, targets, ages, enough))
    return {kind.name: said for kind, said in zip(KINDS, median(np.stack(followed)), strict=True)}


def _compare(past: History) -> list[tuple[Array, Array]]:
    """What `_nearest` finds, by kind."""
    library = centred(past)
    compared = {hours: stretches(library, hours, SOONEST, LATEST) for hours in {kind.hours for kind in KINDS}}
    unknown = np.isnan(past.marks[:, : LATEST + 1 - SOONEST])  # what followed at 4 h
    return [_nearest(kind, compared[kind.hours], unknown) for kind in KINDS]


def _nearest(kind: Kind, compared: Stretches, unknown: Array) -> tuple[Array, Array]:
    """Ages int [m, k] of the nearest stretches, and bool [m]: there were as many."""
    distance = compared.shapes() if kind.shapes else compared.amounts()
    distance += np.float32(kind.time**2) * _TIME_OF_DAY
    distance[unknown | ~compared.usable] = np.inf
    nearest = np.argpartition(distance, kind.nearest - 1, axis=-1)[:, : kind.nearest]
    enough: Array = np.isfinite(np.take_along_axis(distance, nearest, axis=-1)).all(axis=-1)
    return nearest + SOONEST, enough


def _moved(kind: Kind, past: History, targets: list[Target], ages: Array, enough: Array) -> Array:
    """What followed the stretches at the targets, moved to the present level: float32 [m, targets, 8], NaN = none."""
    now, then = _level(past, np.zeros((1, 1), np.int64)), _level(past, ages)
    followed = np.full((len(ages), len(targets), MOST), np.nan, np.float32)
    for index, target in enumerate(targets):
        followed[:, index, : kind.nearest] = target.exact(past, ages)
    if kind.shapes:
        ratio = np.divide(now, then, out=np.ones_like(then), where=then > 0)
        followed[..., : kind.nearest] *= np.clip(ratio, *RATIOS)[:, None]
    else:
        followed[..., : kind.nearest] += ((now - then) * SHIFT)[:, None]
    followed[~enough] = np.nan
    return followed


def _level(past: History, ages: Array) -> Array:
    """Mean of the three hours up to these ages [m, k]: float32 [m, k]."""
    return mean(np.stack([columns(past.means, ages + back) for back in range(3)], axis=-1))


_ANGLE: Final = 2 * np.pi / 24 * np.arange(SOONEST, LATEST + 1)
_TIME_OF_DAY: Final = ((np.cos(_ANGLE) - 1) ** 2 + np.sin(_ANGLE) ** 2).astype(np.float32)
"""Squared distance on the unit circle between the present time of day and that of each age."""
