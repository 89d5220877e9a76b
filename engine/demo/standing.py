"""What decisions came to: what was carried out, who was piloted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.messages import Decision, Outcome


def was_applied(decision: Decision, outcomes: Mapping[str, Outcome]) -> bool:
    outcome = outcomes.get(decision.id)
    return outcome is not None and outcome.status == "applied"


def in_order(decisions: Iterable[Decision]) -> list[Decision]:
    return sorted(decisions, key=lambda d: (d.time_s, d.container, d.action))


def is_piloted(container: str, scope: str) -> bool:
    """Whether the control for a namespace (`scope`) speaks of this container."""
    return container.split("/", 2)[1] == scope
