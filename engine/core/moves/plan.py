"""The plan of a service: the cheapest schedule of machines, beside the cheapest one that fits always."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.core.moves.costs import capacity_of, check_needs, fits, hourly_usd
from engine.core.moves.infeasible import Infeasible, explain
from engine.core.moves.schedule import Move, Problem, solve
from engine.core.moves.terms import Candidate, Offer, Terms, offers_of
from engine.core.rows import Array
from engine.units import HOURS_PER_MONTH


@dataclass(frozen=True, slots=True)
class Single:
    """A machine that fits always, and what it costs over all slots; getting there is not counted against it."""

    offer: int
    usd: float


@dataclass(frozen=True, slots=True)
class MovePlan:
    """Which of `offers` serves each slot, int64 [slots].

    `capacity` float64 [offers, 2] is in cores and bytes; `hourly` float64 [slots, offers] what each would cost in USD
    an hour, whether or not it fits. `single` is the cheapest machine that fits always, `staying` the one at the start;
    None where it does not fit always.
    """

    offers: Sequence[Offer]
    capacity: Array
    hourly: Array
    slot_hours: float
    machine: Array
    moves: tuple[Move, ...]
    single: Single | None
    staying: Single | None

    @property
    def hours(self) -> float:
        """Of the whole plan."""
        return len(self.machine) * self.slot_hours

    @property
    def usd(self) -> Array:
        """Of the machine in each slot, moves apart, float64 [slots]."""
        paid: Array = self.hourly[np.arange(len(self.machine)), self.machine] * self.slot_hours
        return paid

    @property
    def moves_usd(self) -> float:
        """Of all moves, restarts and draining machines."""
        return sum(move.usd for move in self.moves)

    @property
    def total_usd(self) -> float:
        """Machines and moves."""
        return float(self.usd.sum()) + self.moves_usd

    @property
    def saving(self) -> float | None:
        """Share of the best single machine's cost that is saved; None where none fits always, or it costs nothing."""
        return 1 - self.total_usd / self.single.usd if self.single and self.single.usd > 0 else None

    @property
    def saving_usd_month(self) -> float | None:
        """The same in USD a month of 730 h, the plan repeated."""
        return (self.single.usd - self.total_usd) * HOURS_PER_MONTH / self.hours if self.single else None


def plan_moves(needs: Array, candidates: Sequence[Candidate], start: int, terms: Terms) -> MovePlan | Infeasible:
    """The cheapest plan for `needs` float64 [slots, 2] in cores and bytes, or why there is none.

    `start` is the place of the type that serves at first, on demand. Needs hold for all of their slot. Raises
    ValueError for needs that are not known, and for a start that is no candidate.
    """
    needs = check_needs(needs)
    if not 0 <= start < len(candidates):
        raise ValueError(f"expected a start of 0 to {len(candidates) - 1}, got {start}")
    offers = offers_of(candidates, terms)
    capacity = capacity_of(candidates)[[offer.candidate for offer in offers]]
    hourly = hourly_usd(needs, capacity, offers, terms.model)
    cost = np.where(fits(needs, capacity), hourly * terms.slot_hours, np.inf)
    # what drains needs as much as in its last slot
    drained = np.concatenate([hourly[:1], hourly]) * terms.drain_hours
    problem = Problem(cost, drained + terms.restart_usd, start, terms.moves, terms.arrival, terms.back)
    found = solve(problem)
    if found is None:
        return explain(problem)
    always = cost.sum(axis=0)
    best, stays = _single(always, int(always.argmin())), _single(always, start)
    return MovePlan(offers, capacity, hourly, terms.slot_hours, found.machine, found.moves, best, stays)


def _single(always: Array, offer: int) -> Single | None:
    usd = float(always[offer])
    return Single(offer, usd) if np.isfinite(usd) else None
