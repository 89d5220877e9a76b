"""The cheapest day that repeats: which machine serves each slot, whichever serves at its start.

A plan for one service begins on the machine that it has; a day that repeats begins where it ends, wherever that is
best. So the schedule is solved from each machine that may start it, back to it, and the cheapest is kept: exact where
machines arrive within a slot. It does not depend on the hour at which it is asked for, nor on whether the last one was
followed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core.moves.costs import capacity_of, check_needs, fits, hourly_usd
from engine.core.moves.schedule import Problem, solve
from engine.core.moves.terms import Candidate, Terms, offers_of
from engine.core.rows import Array

SAME: Final = 1e-9
"""Costs this near, relative, are equal: the same share of a machine twice as large."""


@dataclass(frozen=True, slots=True)
class Day:
    """What a day costs in USD, [slots, offers]: `cost` of serving a slot, infinite where it does not fit.

    `leave`: what leaving the machine costs when another serves from that slot on, the slot before it drained.
    `capacity` float64 [offers, 2] in cores and bytes.
    """

    cost: Array
    leave: Array
    capacity: Array

    @classmethod
    def of(cls, needs: Array, candidates: Sequence[Candidate], terms: Terms) -> Day:
        """For `needs` float64 [slots, 2] by time of day, on demand. Raises ValueError for needs that are not known."""
        needs = check_needs(needs)
        offers = offers_of(candidates, terms)[: len(candidates)]
        capacity = capacity_of(candidates)
        hourly = hourly_usd(needs, capacity, offers, terms.model)
        cost = np.where(fits(needs, capacity), hourly * terms.slot_hours, np.inf)
        return cls(cost, np.roll(hourly, 1, axis=0) * terms.drain_hours + terms.restart_usd, capacity)

    def moved(self, machine: Array) -> Array:
        """Slots from which another machine serves than in the slot before, the last slot being before the first."""
        return np.flatnonzero(machine != np.roll(machine, 1))

    def moves_usd(self, machine: Array) -> float:
        """Of all moves of a day on `machine` int64 [slots]."""
        serves = self.moved(machine)
        return float(self.leave[serves, machine[serves - 1]].sum())

    def usd(self, machine: Array) -> float:
        """Of a day on `machine`, moves included; infinite where something does not fit."""
        return float(self.cost[np.arange(len(machine)), machine].sum()) + self.moves_usd(machine)

    @property
    def bound_usd(self) -> float:
        """No day can cost less: each slot on its cheapest machine, with no move paid for."""
        return float(self.cost.min(axis=1).sum())


def cheapest_day(day: Day, allowed: Array, terms: Terms) -> Array | None:
    """The machine of each slot, int64 [slots], among the offers `allowed` int [n]; None where nothing serves all slots.

    Of days that cost the same, the one that starts on the offer that is named first.
    """
    kept = undominated(day, allowed)
    cost, switch = day.cost[:, kept], np.concatenate([day.leave, day.leave[:1]])[:, kept]
    best: Array | None = None
    best_usd = np.inf
    for start in np.flatnonzero(np.isfinite(cost[0])).tolist():
        found = solve(Problem(cost, switch, start, terms.moves, max(1, terms.arrival), back=True))
        if found is None:
            continue
        machine = kept[found.machine]
        usd = day.usd(machine)
        if usd < best_usd * (1 - SAME):
            best, best_usd = machine, usd
    return best


def undominated(day: Day, allowed: Array) -> Array:
    """Offers that are worth a look: int [k], a part of `allowed` in its order.

    Left out is what another one serves in every slot that it could serve, at no more: a plan is none the dearer with
    that instead, and as a share of a node all sizes of a family cost the same.
    """
    cost = day.cost[:, allowed]
    fit = np.isfinite(cost)
    no_dearer = (cost[:, :, None] <= cost[:, None, :] * (1 + SAME)) | ~fit[:, None, :]
    instead = np.logical_and.reduce(no_dearer, axis=0)  # [i, j]: i can stand for j
    first = np.arange(len(allowed))[:, None] < np.arange(len(allowed))[None, :]
    dominated = (instead & (~instead.T | first)).any(axis=0)
    kept: Array = allowed[~dominated]
    return kept
