"""Decisions as the engine makes them, small enough to check by eye."""

from __future__ import annotations

from engine.identity import decision_id
from engine.messages import (
    Action,
    Decision,
    Disposition,
    Evidence,
    Judgement,
    LeadForecast,
    ResourceEvidence,
    Size,
)
from engine.units import GIB

FORECAST = [LeadForecast(900, 0.1, 0.2, 0.3), LeadForecast(14_400, 0.2, 0.4, 0.4)]
NOW = Size(cpu_request=0.5, memory_request=GIB)


def decision(
    container: str,
    time_s: float,
    action: Action = "resize_down",
    reason: str = "demand_below_request",
    target: Size = NOW,
    disposition: Disposition = "recommended",
    saving: float = 0.0,
) -> Decision:
    return Decision(
        id=decision_id(container, action, time_s), cluster=container.partition("/")[0], slot=0, container=container,
        action=action, reason=reason, text="Less is expected to be used than is requested.", time_s=time_s,
        sampled_s=time_s, valid_until_s=time_s + 600, current=NOW, target=target, disposition=disposition,
        monthly_saving_usd=saving, evidence=Evidence(cpu=ResourceEvidence(forecast=FORECAST)),
    )  # fmt: skip


def judgement(of: Decision, right: bool | None) -> Judgement:
    return Judgement(
        id=of.id, cluster=of.cluster, slot=of.slot, container=of.container, action=of.action, time_s=of.time_s,
        judged_s=of.time_s, right=right, text="it was right",
    )  # fmt: skip
