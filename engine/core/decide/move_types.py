"""What a container may run on, and which machines a day of it was chosen to have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from engine.core.compute_units import in_cores
from engine.core.decide.state import FOR_GOOD
from engine.core.moves import Candidate, Day
from engine.core.rows import Array


class Verdict(Enum):
    """What follows from a choice."""

    NOTHING = "nothing"
    MOVE = "move"
    WITHDRAW = "withdraw"
    FOLLOWED = "followed"


@dataclass(frozen=True, slots=True)
class Market:
    """What a container may run on: `present` is the place among `candidates` of the type that it has.

    `allowed` int [n] are the places of those that its policy names; the present one need not be among them. Cores of
    candidates are in compute units, as needs are; `performance` [candidates] is that of a core of each, 1 for those
    that are `unrated`.
    """

    candidates: Sequence[Candidate]
    present: int
    allowed: Array
    performance: Array
    unrated: frozenset[str] = frozenset()

    def in_cores(self, amounts: Array, place: int) -> Array:
        """Amounts [2] with CPU in cores of the candidate."""
        cores: Array = in_cores(amounts[None], self.performance[[place]])[0]
        return cores


@dataclass(frozen=True, slots=True)
class Choice:
    """`machine` int64 [48] by half hour of the day, places among the candidates; money is USD a day of one replica.

    `staying_usd` is infinite where the present type does not fit always, `single_usd` where none does.
    """

    verdict: Verdict
    market: Market
    day: Day
    needs: Array
    machine: Array
    usd: float
    staying_usd: float
    single: int
    single_usd: float

    @property
    def baseline_usd(self) -> float:
        """What is paid now; where the present type does not fit always, the best that does."""
        return self.staying_usd if np.isfinite(self.staying_usd) else self.single_usd

    @property
    def reason(self) -> str:
        """Of a move, one of REASONS."""
        return "cheaper_machines" if np.isfinite(self.staying_usd) else "machine_too_small"

    @property
    def is_for_good(self) -> bool:
        return not len(self.day.moved(self.machine))

    def plan(self) -> list[tuple[int, int]]:
        """Half hours of the day, or FOR_GOOD, and the places of what serves from then on."""
        if self.is_for_good:
            return [(FOR_GOOD, int(self.machine[0]))]
        return [(slot, int(self.machine[slot])) for slot in self.day.moved(self.machine).tolist()]
