"""Messages of every topic: versioned, validated on decode, with golden files under `tests/golden`."""

from engine.messages.aggregates import Aggregate, ResourceHours
from engine.messages.common import VERSION, Forecaster, Policy, Size, Stage
from engine.messages.decisions import (
    Action,
    AnyCommand,
    Command,
    Decision,
    Disposition,
    Evidence,
    FreezeCommand,
    LeadForecast,
    ResourceEvidence,
    RunnerUp,
)
from engine.messages.events import (
    AnyEvent,
    Approve,
    Autopilot,
    ContainerSpec,
    Control,
    Declare,
    Freeze,
    Metrics,
    Outcome,
    OutcomeStatus,
    Roster,
)
from engine.messages.judgements import AnyDecision, Judgement, ResourceJudgement, record_id
from engine.messages.records import Cluster, DeadLetter, DroppedCell

__all__ = [
    "VERSION",
    "Action",
    "Aggregate",
    "AnyCommand",
    "AnyDecision",
    "AnyEvent",
    "Approve",
    "Autopilot",
    "Cluster",
    "Command",
    "ContainerSpec",
    "Control",
    "DeadLetter",
    "Decision",
    "Declare",
    "Disposition",
    "DroppedCell",
    "Evidence",
    "Forecaster",
    "Freeze",
    "FreezeCommand",
    "Judgement",
    "LeadForecast",
    "Metrics",
    "Outcome",
    "OutcomeStatus",
    "Policy",
    "ResourceEvidence",
    "ResourceHours",
    "ResourceJudgement",
    "Roster",
    "RunnerUp",
    "Size",
    "Stage",
    "record_id",
]
