"""The schedule of least cost: dynamic programming over slots × machines × moves left, exact.

A machine that is ordered at the start of a slot serves from `arrival` slots later; the old one serves until then, and
nothing else is ordered meanwhile. So a state at the start of a slot is the machine that serves and the moves left, and
there are two things to do: stay for this slot, or order another machine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from engine.core.rows import Array

STAY: Final = -1
SAME: Final = 1e-12
"""Costs this near, relative, are equal: sums in another order."""


@dataclass(frozen=True, slots=True)
class Problem:
    """`cost` float64 [slots, machines], USD a slot, infinite where the machine does not fit.

    `switch` float64 [slots + 1, machines]: what it costs to leave a machine when the new one serves from a slot on.
    """

    cost: Array
    switch: Array
    start: int
    moves: int
    arrival: int
    back: bool

    def until(self, slot: int) -> Problem:
        """The first slots of it only, with no way back."""
        return replace(self, cost=self.cost[:slot], switch=self.switch[: slot + 1], back=False)


@dataclass(frozen=True, slots=True)
class Move:
    """A machine ordered at the start of slot `ordered` that serves from slot `serves` on, `target` after `source`."""

    ordered: int
    serves: int
    source: int
    target: int
    usd: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """`machine` int64 [slots] serves; a last move may serve only from the end on. `usd` is the cost of all of it."""

    machine: Array
    moves: tuple[Move, ...]
    usd: float


def solve(problem: Problem) -> Schedule | None:
    """The cheapest schedule, of those the one with the fewest moves; None if there is none."""
    value, choice = _backwards(problem)
    from_start = value[:, 0, problem.start]
    if not np.isfinite(from_start[-1]):
        return None
    fewest = int(np.argmax(from_start <= from_start[-1] * (1 + SAME)))
    machine, moves = _forwards(problem, choice, fewest)
    return Schedule(machine, moves, float(from_start[fewest]))


def _backwards(problem: Problem) -> tuple[Array, Array]:
    """Least cost from each state on, float64 [moves + 1, slots + 1, machines]; what to order there, or STAY."""
    slots, machines = problem.cost.shape
    value = np.full((problem.moves + 1, slots + 1, machines), np.inf)
    choice = np.full(value.shape, STAY, dtype=np.int64)
    itself = np.where(np.eye(machines, dtype=np.bool_), np.inf, 0.0)
    for slot in range(slots, -1, -1):
        stay = _end(problem) if slot == slots else problem.cost[slot] + value[:, slot + 1]
        value[:, slot] = stay
        serves = slot + problem.arrival
        if serves > slots:
            continue
        # without any arrival time the new machine has to serve this slot: `stay` as seen from it
        onwards = stay[:-1] if problem.arrival == 0 else value[:-1, serves]
        ordered = onwards[:, None, :] + itself  # [moves, source, target]
        best = ordered.argmin(axis=-1)
        until = problem.cost[slot:serves].sum(axis=0) + problem.switch[serves]
        moved = until + np.take_along_axis(ordered, best[..., None], axis=-1)[..., 0]
        better = moved < stay[1:]
        value[1:, slot][better] = moved[better]
        choice[1:, slot][better] = best[better]
    return value, choice


def _end(problem: Problem) -> Array:
    """Where a plan may end, float64 [moves + 1, machines]: 0 or infinite."""
    end = np.full((problem.moves + 1, problem.cost.shape[1]), np.inf if problem.back else 0.0)
    end[:, problem.start] = 0.0
    return end


def _forwards(problem: Problem, choice: Array, left: int) -> tuple[Array, tuple[Move, ...]]:
    """Follows the choices from the start."""
    slots, now = len(problem.cost), problem.start
    machine, moves = np.empty(slots, dtype=np.int64), []
    slot, arrived = 0, False
    while slot < slots or (slot == slots and not arrived and choice[left, slot, now] != STAY):
        target = STAY if arrived else int(choice[left, slot, now])
        arrived = False
        if target == STAY:
            machine[slot] = now
            slot += 1
            continue
        serves = slot + problem.arrival
        machine[slot:serves] = now
        moves.append(Move(slot, serves, now, target, float(problem.switch[serves, now])))
        slot, now, left, arrived = serves, target, left - 1, problem.arrival == 0
    return machine, tuple(moves)
