"""Kinds of the topic `events`: everything that changes state. One slot's messages have one total order."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from engine.messages.common import Amount, ClusterName, Count, Name, Seconds, Size, Stage, written_version
from engine.messages.policy import Policy, PolicyRule

Resource = Literal["cpu", "memory"]


class LimitRange(Struct, frozen=True, omit_defaults=True):
    """A namespace's LimitRange for containers: requests are at least those of `min`, limits at most those of `max`."""

    min: Size = Size()
    max: Size = Size()


class ContainerSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row of a roster: what runs under one identity. Requests and limits are those of one replica.

    Containers of a DaemonSet are a row per node type: see `identity.per_node_type`. What bounds a size is stated as of
    the roster's time: what the namespace's ResourceQuota leaves is for all replicas together.
    """

    namespace: Name
    workload: Name
    container: Name
    workload_kind: str = "Deployment"
    replicas: Count = 1
    size: Size = Size()
    node_type: str | None = None
    assumed: bool = False
    """The size was assumed (a trace does not state it), not read from a cluster."""
    policy: Policy | None = None
    in_place: bool = True
    """Whether it can be resized without a restart."""
    node: str | None = None
    """Where it runs, for one replica alone: those of several are on several nodes."""
    scaled_by: list[Resource] = []
    """Resources that a HorizontalPodAutoscaler scales on."""
    heap_bytes: Amount | None = None
    """The greatest heap that the runtime's flags allow (-Xmx, GOMEMLIMIT, …)."""
    limit_range: LimitRange | None = None
    quota_left: Size | None = None
    node_largest: Size | None = None
    """Requests that fit on the largest node it may run on, beside the DaemonSets there."""
    template: Annotated[str, Meta(max_length=64)] = ""
    """Hash of the pod template, without the sizes; another one is a rollout."""


class Event(Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What every event has. `sent_s` is the agent's clock (a replay's clock in a replay) when the message was sent."""

    version: str = written_version()
    cluster: ClusterName
    slot: Count
    sent_s: Seconds


class Roster(Event, frozen=True, kw_only=True, tag="roster"):
    """What runs in the slot, sent on change and every 10 minutes. `roster` is a hash of `containers`."""

    roster: Annotated[str, Meta(min_length=1, max_length=64)]
    time_s: Seconds
    containers: list[ContainerSpec]


class Metrics(Event, frozen=True, kw_only=True, omit_defaults=True, tag="metrics"):
    """One scrape in columns, row i of each belonging to row i of the roster named. Null is "no value".

    cpu_max, memory_max: largest replica, cores and bytes. cpu_sum, memory_sum: over replicas, absent when every
    container has one replica. throttled: share of CFS periods throttled since the scrape before, 0..1.
    restarts, oom_kills: since the scrape before, as are evictions, pods that their node put out for want of memory,
    and unschedulable, pods that found no node with room. times_s: where a row was not sampled at `time_s`.
    measured_on: the node type of the replica that `cpu_max` is of, where it is not the row's in the roster.
    """

    roster: Annotated[str, Meta(min_length=1, max_length=64)]
    time_s: Seconds
    cpu_max: list[float | None]
    memory_max: list[float | None]
    cpu_sum: list[float | None] | None = None
    memory_sum: list[float | None] | None = None
    replicas: list[int | None] | None = None
    throttled: list[float | None] | None = None
    restarts: list[int | None] | None = None
    oom_kills: list[int | None] | None = None
    times_s: list[float | None] | None = None
    evictions: list[int | None] | None = None
    unschedulable: list[int | None] | None = None
    measured_on: list[str | None] | None = None


OutcomeStatus = Literal["applied", "refused", "failed"]


class Outcome(Event, frozen=True, kw_only=True, omit_defaults=True, tag="outcome"):
    """What the executor saw of one command. `reason` is a typed code, empty when applied; `size` is what now holds."""

    container: str
    command_id: str
    status: OutcomeStatus
    reason: str = ""
    detail: str = ""
    size: Size | None = None
    time_s: Seconds


class Declare(Struct, frozen=True, kw_only=True, tag_field="action", tag="declare"):
    """The cluster exists, with so many slots. Clock `replay`: its times are not to be held against the broker's."""

    slots: Annotated[int, Meta(ge=1)]
    clock: Literal["wall", "replay"] = "wall"


class Autopilot(Struct, frozen=True, kw_only=True, tag_field="action", tag="autopilot"):
    """Stage for a scope: `` (the cluster), `namespace`, `namespace/workload` or `namespace/workload/container`."""

    stage: Stage
    scope: str = ""


class Approve(Struct, frozen=True, kw_only=True, tag_field="action", tag="approve"):
    """Command this one recommended decision, if it is still valid."""

    container: str
    decision_id: str


class Freeze(Struct, frozen=True, kw_only=True, tag_field="action", tag="freeze"):
    """Command nothing within the scope until it is lifted (`frozen` false). Scopes as for auto-pilot.

    The kill switch is a scope of its own (`identity.KILL_SWITCH`): a lift of another scope does not lift it.
    """

    frozen: bool = True
    scope: str = ""


class SetPolicy(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="action", tag="policy"):
    """The cluster's policy, whole: it replaces what was set before. The most specific rule wins, field by field."""

    defaults: Policy = Policy()
    rules: list[PolicyRule] = []


class Control(Event, frozen=True, kw_only=True, tag="control"):
    """What people decide. `author` is who."""

    author: str = ""
    body: Declare | Autopilot | Approve | Freeze | SetPolicy


AnyEvent = Roster | Metrics | Outcome | Control

__all__ = [
    "Amount", "AnyEvent", "Approve", "Autopilot", "ContainerSpec", "Control", "Declare", "Event", "Freeze",
    "LimitRange", "Metrics", "Outcome", "OutcomeStatus", "Resource", "Roster", "SetPolicy",
]
