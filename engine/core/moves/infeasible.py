"""Why there is no plan, and at which slot."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from engine.core.moves.schedule import Problem, solve


class Why(Enum):
    """The first of these that holds, in this order."""

    NOTHING_FITS = "no candidate fits the need of this slot"
    START_TOO_SMALL = "the machine at the start does not fit, and no other can have arrived"
    OUT_OF_REACH = "no machine that fits can be there with the moves that are allowed, arriving before the need"
    NO_WAY_BACK = "every slot can be served, but not with a way back to the type at the start"


@dataclass(frozen=True, slots=True)
class Infeasible:
    """`slot` is the first that cannot be served; the number of slots, where only the way back is missing."""

    slot: int
    why: Why


def explain(problem: Problem) -> Infeasible:
    """For a problem that has no schedule."""
    fit = np.isfinite(problem.cost)
    unfit = np.flatnonzero(~fit.any(axis=1))
    if len(unfit):
        return Infeasible(int(unfit[0]), Why.NOTHING_FITS)
    early = np.flatnonzero(~fit[: problem.arrival, problem.start])
    if len(early):
        return Infeasible(int(early[0]), Why.START_TOO_SMALL)
    for slots in range(1, len(fit) + 1):
        if solve(problem.until(slots)) is None:
            return Infeasible(slots - 1, Why.OUT_OF_REACH)
    return Infeasible(len(fit), Why.NO_WAY_BACK)
