"""What a plan chooses from, and on which terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

DEDICATED: Final = "dedicated"
SHARE: Final = "share"
MODELS: Final = (DEDICATED, SHARE)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An instance type: what it can give to the service (cores, bytes), and its prices; no spot price: not offered."""

    name: str
    cores: float
    memory_bytes: float
    usd_hour: float
    spot_usd_hour: float | None = None


@dataclass(frozen=True, slots=True)
class NodeType:
    """A candidate and the family by which policies name it, such as `m5`."""

    family: str
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Terms:
    """The policy of moves.

    `moves`: most in one plan, the way back counted. `arrival`: slots from the order of a machine until it serves, 0 at
    once. `restart_usd`: what one move costs. `drain_hours`: how long the old machine is paid for after the new one
    serves. `back`: the plan ends on the type that it started on, so that it can repeat daily. `model`: one of MODELS,
    a machine of one's own or a share of a node. Spot machines are planned only with `allow_spot`; each hour on one
    costs `interruptions_per_hour` restarts on top.
    """

    moves: int = 2
    arrival: int = 1
    restart_usd: float = 0.0
    drain_hours: float = 0.0
    back: bool = True
    slot_hours: float = 0.5
    model: str = DEDICATED
    allow_spot: bool = False
    interruptions_per_hour: float = 0.0

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise ValueError(f"expected a model of {', '.join(MODELS)}, got {self.model!r}")
        amounts = (self.moves, self.arrival, self.restart_usd, self.drain_hours, self.interruptions_per_hour)
        if not all(0 <= amount < float("inf") for amount in amounts) or not 0 < self.slot_hours < float("inf"):
            raise ValueError(f"expected terms of 0 or more and slots that last, got {self}")


@dataclass(frozen=True, slots=True)
class Offer:
    """A machine that can be ordered: `candidate` is its place among the candidates.

    `surcharge_usd_hour` is the expected cost of interruptions, which no share of a node makes smaller.
    """

    name: str
    candidate: int
    is_spot: bool
    usd_hour: float
    surcharge_usd_hour: float = 0.0


def offers_of(candidates: Sequence[Candidate], terms: Terms) -> list[Offer]:
    """On demand, in the order of the candidates; then, where the terms allow it, those that have a spot price."""
    offers = [Offer(each.name, place, False, each.usd_hour) for place, each in enumerate(candidates)]
    if terms.allow_spot:
        surcharge = terms.interruptions_per_hour * terms.restart_usd
        offers += [
            Offer(f"{each.name} spot", place, True, each.spot_usd_hour, surcharge)
            for place, each in enumerate(candidates)
            if each.spot_usd_hour is not None
        ]
    return offers
