"""What is wanted for some rows, before it is known what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from engine.core.decide.facts import Facts
from engine.core.decide.money import monthly_usd
from engine.core.decide.state import COMMANDED, DISPOSITIONS, HOLD, RESIZE_DOWN, DecideRows
from engine.core.placement import STAGES, PlacementRows
from engine.core.rows import Array
from engine.messages import Command, Decision

TRIGGERS: Final = (
    "bucket_close",
    "oom_kill",
    "throttled",
    "crossing_cpu",
    "crossing_memory",
    "outcome",
    "approval",
    "above_request",
)
_FULL: Final = STAGES.index("full")
_UP_ONLY: Final = STAGES.index("up_only")
_OBSERVE: Final = STAGES.index("observe")


@dataclass(slots=True)
class Verdicts:
    """Decisions in the order of rows, and the commands among them."""

    decisions: list[Decision] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Proposals:
    """Arrays over the rows of `facts`: indices of ACTIONS, REASONS and TRIGGERS; sizes float64 [m, 2].

    `reasons` int8 [m, 2] are the resources' own, -1 where there is none.
    """

    facts: Facts
    action: Array
    reason: Array
    trigger: Array
    request: Array
    limit: Array
    reasons: Array


def may_command(placement: PlacementRows, rows: Array, action: Array | int) -> Array:
    """Whether auto-pilot runs this action (index of ACTIONS) by itself: bool [m]."""
    stage = placement.stage[rows]
    allowed: Array = (stage == _FULL) | ((stage == _UP_ONLY) & (np.asarray(action) != RESIZE_DOWN))
    return allowed & ~placement.frozen[rows]


def dispositions(placement: PlacementRows, proposals: Proposals) -> Array:
    """What becomes of each proposal: int8 [m], index of DISPOSITIONS."""
    rows = proposals.facts.rows
    cases = [
        ("none", proposals.action == HOLD),
        ("frozen", placement.frozen[rows]),
        ("commanded", may_command(placement, rows, proposals.action)),
        ("observed", placement.stage[rows] == _OBSERVE),
    ]
    return np.select(
        [condition for _, condition in cases],
        [np.int8(DISPOSITIONS.index(name)) for name, _ in cases],
        np.int8(DISPOSITIONS.index("recommended")),
    )


def saving_of(proposals: Proposals) -> Array:
    """USD a month that each proposal saves, float64 [m]; negative where it costs."""
    facts = proposals.facts
    now = monthly_usd(facts.request, facts.replicas, facts.prices.usd)
    return now - monthly_usd(proposals.request, facts.replicas, facts.prices.usd)


def note_recommended(decide: DecideRows, proposals: Proposals, disposition: Array) -> None:
    """Writes what is recommended and not commanded, the latest of each row."""
    saving = np.where(commanded(disposition), 0.0, saving_of(proposals))
    decide.recommended_saving[proposals.facts.rows] = saving


def commanded(disposition: Array) -> Array:
    chosen: Array = disposition == COMMANDED
    return chosen
