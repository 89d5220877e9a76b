"""Events and slots for tests of the core, small enough to check by eye."""

from __future__ import annotations

from collections.abc import Sequence

from engine.codec import encode, roster_hash
from engine.core.context import Context
from engine.core.effects import Effects
from engine.core.partition import PartitionFold, Record
from engine.core.state import SlotState
from engine.identity import partition_of, slot_key
from engine.messages import (
    AnyEvent,
    Autopilot,
    Command,
    ContainerSpec,
    Control,
    Declare,
    Metrics,
    Outcome,
    Policy,
    Roster,
    Size,
    Stage,
)
from engine.units import GIB

CLUSTER = "shop"
SIZE = Size(cpu_request=1.0, cpu_limit=2.0, memory_request=GIB, memory_limit=2 * GIB)
CONTEXT = Context()


def specs(count: int, size: Size = SIZE, policy: Policy | None = None) -> list[ContainerSpec]:
    """Containers `web/w0/app`, `web/w1/app`, …"""
    return [
        ContainerSpec(
            namespace="web", workload=f"w{n}", container="app", size=size, node_type="m5.large", policy=policy
        )
        for n in range(count)
    ]


def roster(time_s: float, containers: list[ContainerSpec], slot: int = 0) -> Roster:
    return Roster(
        cluster=CLUSTER, slot=slot, sent_s=time_s, time_s=time_s, roster=roster_hash(containers), containers=containers
    )


def metrics(
    time_s: float,
    containers: list[ContainerSpec],
    cpu: Sequence[float | None],
    memory: Sequence[float | None] | None = None,
    sent_s: float | None = None,
    oom_kills: Sequence[int | None] | None = None,
    throttled: Sequence[float | None] | None = None,
    times_s: Sequence[float | None] | None = None,
    evictions: Sequence[int | None] | None = None,
    measured_on: Sequence[str | None] | None = None,
) -> Metrics:
    return Metrics(
        cluster=CLUSTER,
        slot=0,
        sent_s=time_s if sent_s is None else sent_s,
        time_s=time_s,
        roster=roster_hash(containers),
        cpu_max=list(cpu),
        memory_max=list(memory if memory is not None else [None] * len(cpu)),
        oom_kills=None if oom_kills is None else list(oom_kills),
        throttled=None if throttled is None else list(throttled),
        times_s=None if times_s is None else list(times_s),
        evictions=None if evictions is None else list(evictions),
        measured_on=None if measured_on is None else list(measured_on),
    )


def declare(slots: int = 1, clock: str = "replay") -> Control:
    body = Declare(slots=slots, clock="replay" if clock == "replay" else "wall")
    return Control(cluster=CLUSTER, slot=0, sent_s=0.0, body=body)


def autopilot(stage: Stage, scope: str = "", sent_s: float = 0.0) -> Control:
    return Control(cluster=CLUSTER, slot=0, sent_s=sent_s, body=Autopilot(stage=stage, scope=scope))


def applied(command: Command, time_s: float) -> Outcome:
    """The executor did as it was told."""
    return Outcome(
        cluster=CLUSTER, slot=0, sent_s=time_s, container=command.container, command_id=command.id, status="applied",
        size=command.target, time_s=time_s,
    )  # fmt: skip


class Log:
    """A log of one slot in one partition, folded as it is written."""

    def __init__(self, context: Context = CONTEXT) -> None:
        self.records: list[Record] = []
        self.fold = PartitionFold(0, 1, context)

    def add(self, event: AnyEvent, appended_s: float = 0.0) -> Effects:
        return self.add_bytes(encode(event), slot_key(event.cluster, event.slot), appended_s)

    def add_bytes(self, value: bytes, key: str = f"{CLUSTER}/0", appended_s: float = 0.0) -> Effects:
        record = Record(partition_of(CLUSTER, 0, 1), len(self.records), key, value, appended_s)
        self.records.append(record)
        return self.fold.apply(record)

    @property
    def slot(self) -> SlotState:
        return self.fold.slots[f"{CLUSTER}/0"]
