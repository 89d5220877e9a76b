"""What decisions came to: what was carried out, what stands as a recommendation, who was piloted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from engine.messages import Decision, Outcome

CHANGES: Final = ("resize_down", "resize_up", "urgent_up", "rollback")
"""Actions that want another size; the other one is `hold`."""


class Savings(msgspec.Struct, frozen=True):
    """USD a month over all replicas. Ups cost: they are subtracted."""

    total: float
    realised: float
    """Sum over the decisions that an executor applied: each says what its step saves, so they add up."""
    recommended: float
    """Sum over containers of the last decision, where that is a recommendation which nobody carried out."""


def savings(decisions: Iterable[Decision], outcomes: Mapping[str, Outcome]) -> Savings:
    """`outcomes` by command id, which is the decision's."""
    realised = 0.0
    open_: dict[str, float] = {}
    for decision in in_order(decisions):
        if was_applied(decision, outcomes):
            realised += decision.monthly_saving_usd
            open_.pop(decision.container, None)
        elif decision.action in CHANGES:
            open_[decision.container] = decision.monthly_saving_usd if decision.disposition == "recommended" else 0.0
    recommended = sum(open_.values())
    return Savings(round(realised + recommended, 2), round(realised, 2), round(recommended, 2))


def was_applied(decision: Decision, outcomes: Mapping[str, Outcome]) -> bool:
    outcome = outcomes.get(decision.id)
    return outcome is not None and outcome.status == "applied"


def in_order(decisions: Iterable[Decision]) -> list[Decision]:
    return sorted(decisions, key=lambda d: (d.time_s, d.container, d.action))


def is_piloted(container: str, scope: str) -> bool:
    """Whether the control for a namespace (`scope`) speaks of this container."""
    return container.split("/", 2)[1] == scope
