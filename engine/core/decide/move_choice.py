"""One container's moves: the cheapest day against staying, and against the plan that stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from engine.core.decide.calendar import SLOTS
from engine.core.decide.move_types import Choice, Market, Verdict
from engine.core.decide.parameters import MoveParameters
from engine.core.decide.state import FOR_GOOD
from engine.core.moves import Day, Terms, cheapest_day
from engine.core.rows import Array
from engine.units import HOURS_PER_MONTH

DAYS_PER_MONTH: Final = HOURS_PER_MONTH / 24
QUANTILES: Final = (0.90, 0.95, 0.99)
_ROUNDED: Final = 1e-6
"""Risks are kept in float32."""


def quantile_of(parameters: MoveParameters, risk: Array) -> Array:
    """Place among QUANTILES, int [m], of what is taken as each row's need.

    It is that of the parameters, or the one that the lower risk asks for where any is stated: `risk` [m, 2], else NaN.
    """
    lowest = np.fmin.reduce(risk, axis=1)
    wanted = np.where(np.isnan(lowest), parameters.quantile, 1.0 - lowest)
    place: Array = np.searchsorted(np.array(QUANTILES), wanted - _ROUNDED)
    return np.minimum(place, len(QUANTILES) - 1)


def terms_of(parameters: MoveParameters, moves: int) -> Terms:
    return Terms(
        moves=moves,
        arrival=parameters.arrival_slots,
        restart_usd=parameters.restart_usd,
        drain_hours=parameters.drain_hours,
        model=parameters.model,
    )


def choose(
    needs: Array, market: Market, standing: Sequence[tuple[int, int]], moves: int, replicas: int,
    parameters: MoveParameters,
) -> Choice | None:  # fmt: skip
    """The cheapest day for `needs` [48, 2] by half hour of the day, and what follows; None: there is none to compare.

    Needs are in compute units and bytes, as the market's candidates are.

    `standing` is the plan that stands, as in `Choice.plan`, with -1 for types that are no candidates any more.
    """
    terms = terms_of(parameters, moves)
    day = Day.of(needs, market.candidates, terms)
    machine = cheapest_day(day, market.allowed, terms)
    if machine is None:
        return None
    always = day.cost.sum(axis=0)
    known = np.array([*market.allowed, market.present])
    single = int(known[always[known].argmin()])
    machine = _simpler(day, machine, market.allowed, parameters)
    usd, staying_usd = day.usd(machine), float(always[market.present])
    choice = Choice(
        Verdict.NOTHING, market, day, needs, machine, usd, staying_usd, single, float(always[single])
    )  # fmt: skip
    if not 0 < choice.baseline_usd < np.inf:
        return None
    return _judged(choice, standing, replicas, parameters)


def _simpler(day: Day, machine: Array, allowed: Array, parameters: MoveParameters) -> Array:
    """One machine for all of the day, where moving daily saves next to nothing on it."""
    always = day.cost[:, allowed].sum(axis=0)
    best = int(always.argmin())
    if day.usd(machine) > always[best] * (1 - parameters.simpler):
        return np.full_like(machine, allowed[best])
    return machine


def _judged(choice: Choice, standing: Sequence[tuple[int, int]], replicas: int, parameters: MoveParameters) -> Choice:
    """Where the present type does not fit always, something has to be done, whether it saves or not."""
    verdict = Verdict.NOTHING
    kept_usd = choice.staying_usd
    if standing and standing[0] == (FOR_GOOD, choice.market.present):
        verdict, standing = Verdict.FOLLOWED, ()
    if standing:
        stands_usd = _usd_of(standing, choice)
        if stands_usd >= choice.staying_usd:
            verdict = Verdict.WITHDRAW
        kept_usd = min(kept_usd, stands_usd)
    if _pays(choice, kept_usd, replicas, parameters):
        verdict = Verdict.MOVE
    return replace(choice, verdict=verdict)


def _pays(choice: Choice, kept_usd: float, replicas: int, parameters: MoveParameters) -> bool:
    """Whether it saves enough against what is paid, and against what was recommended, to be said."""
    usd, market = choice.usd, choice.market
    if choice.is_for_good:
        if choice.machine[0] == market.present:
            return False
        usd += float(choice.day.leave[:, market.present].max()) / parameters.for_good_days
    saved = kept_usd - usd
    enough = saved * replicas * DAYS_PER_MONTH >= parameters.least_usd_month
    return enough and saved > parameters.hysteresis * choice.baseline_usd


def _usd_of(standing: Sequence[tuple[int, int]], choice: Choice) -> float:
    """A day of the plan that stands, with today's needs; infinite where it cannot be kept."""
    if any(place not in choice.market.allowed for _, place in standing):
        return float("inf")
    return choice.day.usd(machine_of(standing))


def machine_of(plan: Sequence[tuple[int, int]]) -> Array:
    """The machine of each half hour of the day, int64 [48], under a plan as in `Choice.plan`."""
    machine = np.full(SLOTS, plan[-1][1], dtype=np.int64)  # the last serves until the first
    for slot, place in plan:
        if slot != FOR_GOOD:
            machine[slot:] = place
    return machine
