"""What people decide, written into every slot that it can touch."""

from __future__ import annotations

import time

from msgspec.structs import replace

from engine.broker.admin import connect, declared_partitions
from engine.broker.records import Outgoing, publish
from engine.codec import encode
from engine.errors import UserError
from engine.identity import KILL_SWITCH, commands_topic, partition_of, slot_key, slot_of
from engine.messages import (
    Approve,
    Autopilot,
    Cluster,
    Control,
    Declare,
    Freeze,
    FreezeCommand,
    PolicyRule,
    SetPolicy,
)

EVENTS = "events"
Body = Declare | Autopilot | Approve | Freeze | SetPolicy


def send_control(
    bootstrap: str, cluster: Cluster, body: Body, author: str = "", sent_s: float | None = None
) -> list[int]:
    """Writes a control into every slot that it can touch; returns those slots.

    `sent_s`: seconds since 1970 that the control states, by default now; in a replay its clock. A freeze also goes
    straight to the executor. Raises UserError: no broker or topics, or a scope that cannot be one.
    """
    slots = touched_slots(cluster, body)
    partitions = declared_partitions(connect(bootstrap), EVENTS)
    time_s = round(time.time() if sent_s is None else sent_s, 3)
    records = [_event(cluster, slot, partitions, body, author, time_s) for slot in slots]
    if isinstance(body, Freeze):
        records.insert(0, _to_executor(cluster.name, body, author, time_s))
    publish(bootstrap, records)
    return slots


def touched_slots(cluster: Cluster, body: Body) -> list[int]:
    """The slots that may hold what a control speaks of: one when it names a workload, else all."""
    if isinstance(body, Declare | SetPolicy):
        scope: list[str] = []
    elif isinstance(body, Approve):
        scope = _within(cluster.name, body.container)
    else:
        scope = _scope(body.scope)
    if len(scope) < 2:
        return list(range(cluster.slots))
    return [slot_of(scope[0], scope[1], cluster.slots)]


def _scope(text: str) -> list[str]:
    if text == KILL_SWITCH:
        return []
    parts = text.split("/") if text else []
    if len(parts) > 3 or "" in parts:
        raise UserError(f"a scope is namespace, namespace/workload or namespace/workload/container, got {text!r}")
    return parts


def _within(cluster: str, container: str) -> list[str]:
    parts = container.split("/")
    if len(parts) != 4 or "" in parts or parts[0] != cluster:
        raise UserError(f"a container of this cluster is {cluster}/namespace/workload/container, got {container!r}")
    return parts[1:]


def _event(cluster: Cluster, slot: int, partitions: int, body: Body, author: str, time_s: float) -> Outgoing:
    if isinstance(body, SetPolicy):
        body = policy_for(body, slot, cluster.slots)
    control = Control(cluster=cluster.name, slot=slot, sent_s=time_s, author=author, body=body)
    partition = partition_of(cluster.name, slot, partitions)
    return Outgoing(EVENTS, partition, slot_key(cluster.name, slot), encode(control))


def policy_for(policy: SetPolicy, slot: int, slots: int) -> SetPolicy:
    """Without the rules for workloads that are in other slots."""
    return replace(policy, rules=[rule for rule in policy.rules if _touches(rule, slot, slots)])


def _touches(rule: PolicyRule, slot: int, slots: int) -> bool:
    parts = rule.scope.split("/")
    named = len(parts) > 1 and not set("*?") & set(parts[0] + parts[1])
    return not named or slot_of(parts[0], parts[1], slots) == slot


def _to_executor(cluster: str, body: Freeze, author: str, time_s: float) -> Outgoing:
    command = FreezeCommand(cluster=cluster, frozen=body.frozen, scope=body.scope, author=author, sent_s=time_s)
    return Outgoing(commands_topic(cluster), 0, cluster, encode(command))
