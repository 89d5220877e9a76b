"""A plan as people read it: stretches of time on one machine, why it is this one, what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from engine.core.moves import Infeasible, Move, MovePlan, Terms, Why
from engine.core.rows import Array
from engine.moves.inputs import SLOT_S, Needs
from engine.units import GIB, RESOURCES

SCALE: Final = (1.0, GIB)
UNIT: Final = ("cores", "GiB")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Slots `first` to before `end` on an offer; `move` led there, None at the start. Money without the move's."""

    first: int
    end: int
    offer: int
    move: Move | None
    why: str
    usd: float


def stretches(plan: MovePlan, needs: Needs) -> list[Stretch]:
    """In order of time; the last is empty where a move back serves only from the end on."""
    return [
        Stretch(first, end, offer, move, _why(plan, needs.amounts[first:end], first, offer, move),
                float(plan.usd[first:end].sum()))
        for first, end, offer, move in _cut(plan)
    ]  # fmt: skip


def _cut(plan: MovePlan) -> Iterator[tuple[int, int, int, Move | None]]:
    ends = [move.serves for move in plan.moves] + [len(plan.machine)]
    start = plan.moves[0].source if plan.moves else int(plan.machine[0])
    if ends[0] > 0:
        yield 0, ends[0], start, None
    for move, (first, end) in zip(plan.moves, pairwise(ends), strict=True):
        yield first, end, move.target, move


def _why(plan: MovePlan, needs: Array, first: int, offer: int, move: Move | None) -> str:
    if not len(needs):
        return "back, for the next day"
    peak, capacity = needs.max(axis=0), plan.capacity
    decides = int((peak / capacity[offer]).argmax())
    if move is None:
        part = f"{peak[decides] / SCALE[decides]:.3g} of {_amount(capacity[offer], decides)}"
        return f"{RESOURCES[decides]} decides: {part}"
    short = np.flatnonzero(peak > capacity[move.source])
    if len(short):
        return "; ".join(f"{RESOURCES[n]}: needs {_amount(peak, n)}, {_name(plan, move.source)} has "
                         f"{_amount(capacity[move.source], n)}" for n in short.tolist())  # fmt: skip
    hourly = plan.hourly[first : first + len(needs)].mean(axis=0)
    less = hourly[move.source] - hourly[offer]
    return f"all fits ({RESOURCES[decides]} {_amount(peak, decides)}), {less:.3f} USD an hour less"


def _amount(amounts: Array, resource: int) -> str:
    return f"{amounts[resource] / SCALE[resource]:.3g} {UNIT[resource]}"


def _name(plan: MovePlan, offer: int) -> str:
    return plan.offers[offer].name


def why_none(found: Infeasible, needs: Needs, terms: Terms, start: str) -> str:
    """One sentence on a plan that cannot be made."""
    if found.why is Why.NO_WAY_BACK:
        return f"{terms.moves} moves at most do not lead back to {start} at the end: try --no-return."
    amounts = " and ".join(_amount(needs.amounts[found.slot], resource) for resource in (0, 1))
    slot = f"the slot at {needs.clock(found.slot)} needs {amounts}"
    arrival = f"{terms.arrival * SLOT_S // 60} minutes"
    return {
        Why.NOTHING_FITS: f"{slot}, and no candidate has both.",
        Why.START_TOO_SMALL: f"{slot}: {start} is too small, and nothing else arrives within {arrival}.",
        Why.OUT_OF_REACH: f"{slot}: what fits cannot be there with {terms.moves} moves at most, each {arrival} ahead.",
    }[found.why]
