"""What is wanted for some rows, before it is known what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from engine.core.decide.facts import Facts
from engine.core.decide.money import monthly_usd
from engine.core.decide.permits import cut_needs_consent, needs_consent
from engine.core.decide.restart_cost import Worth
from engine.core.decide.state import COMMANDED, DISPOSITIONS, HOLD, MOVE, RESIZE_DOWN, DecideRows
from engine.core.placement import STAGES, PlacementRows
from engine.core.rows import Array
from engine.messages import Command, Decision, Judgement

TRIGGERS: Final = (
    "bucket_close",
    "oom_kill",
    "throttled",
    "crossing_cpu",
    "crossing_memory",
    "outcome",
    "approval",
    "above_request",
    "evicted",
    "unschedulable",
)
_FULL: Final = STAGES.index("full")
_UP_ONLY: Final = STAGES.index("up_only")
_OBSERVE: Final = STAGES.index("observe")


@dataclass(slots=True)
class Verdicts:
    """Decisions in the order of rows, the commands among them, and judgements of those that they replace."""

    decisions: list[Decision] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)

    def extend(self, other: Verdicts) -> None:
        self.decisions.extend(other.decisions)
        self.commands.extend(other.commands)
        self.judgements.extend(other.judgements)


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
    held: Array | None = None
    """Rows bool [m] in which nothing may be commanded now, whatever the stage; None is none of them."""
    worth: Worth | None = None
    """Of restarts outside of a window; None where none was weighed."""


def may_command(placement: PlacementRows, rows: Array, action: Array | int) -> Array:
    """Whether auto-pilot runs this action (index of ACTIONS) by itself: bool [m]."""
    stage = placement.stage[rows]
    allowed: Array = (stage == _FULL) | ((stage == _UP_ONLY) & (np.asarray(action) != RESIZE_DOWN))
    return allowed & ~placement.frozen[rows] & ~needs_consent(placement, rows, action)


def raises_only(placement: PlacementRows, rows: Array) -> Array:
    """Rows of which auto-pilot may run no cut, not even beside a raise: bool [m]."""
    only: Array = (placement.stage[rows] == _UP_ONLY) | cut_needs_consent(placement, rows)
    return only


def dispositions(placement: PlacementRows, proposals: Proposals) -> Array:
    """What becomes of each proposal: int8 [m], index of DISPOSITIONS. A plan of moves waits for approval, always."""
    rows = proposals.facts.rows
    held = np.zeros(len(rows), dtype=np.bool_) if proposals.held is None else proposals.held
    cases = [
        ("none", proposals.action == HOLD),
        ("frozen", placement.frozen[rows]),
        ("commanded", may_command(placement, rows, proposals.action) & ~held & (proposals.action != MOVE)),
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
