"""What a cluster's log says that sizes should be. Pure: records in, changes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from engine.codec import decode_decision, decode_event
from engine.identity import name_with_kind, split_node_type
from engine.messages import ContainerSpec, Decision, Roster, Size

UNCHANGED: Final = ("hold", "move")
KINDS: Final = ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "ReplicaSet")
"""Workloads whose template a repository holds. Jobs are made by others or never again; pods of nobody have none."""


class Change(NamedTuple):
    """One container: as the last roster has it, and as the engine wants it. `usd`: saved a month; `why`: a sentence."""

    namespace: str
    workload: str
    kind: str
    container: str
    now: Size
    wanted: Size
    usd: float
    why: str


class Changes(NamedTuple):
    """`left_out`: containers that are wanted otherwise and cannot be in a file, each with why."""

    changes: list[Change]
    left_out: list[str]


@dataclass(slots=True)
class Wanted:
    """The records of one cluster, taken in the order of the topics."""

    cluster: str
    rosters: dict[int, Roster] = field(default_factory=dict)
    last: dict[str, Decision] = field(default_factory=dict)
    """By namespace/workload/container: the last decision about a size, once one has changed it."""

    def take_event(self, key: str, value: bytes) -> None:
        if not key.startswith(f"{self.cluster}/"):
            return
        event = decode_event.readable(value)
        if isinstance(event, Roster):
            self.rosters[event.slot] = event

    def take_decision(self, key: str, value: bytes) -> None:
        if not key.startswith(f"{self.cluster}/"):
            return
        said = decode_decision.readable(value)
        if isinstance(said, Decision) and said.action not in UNCHANGED:
            self.last[key.partition("/")[2]] = said

    def changes(self, namespaces: frozenset[str] = frozenset()) -> Changes:
        """Of containers that run, by name; of `namespaces` alone where some are named."""
        found, left_out = [], []
        for spec in sorted(self._running(), key=lambda spec: (spec.namespace, spec.workload, spec.container)):
            decision = self.last.get(f"{spec.namespace}/{spec.workload}/{spec.container}")
            if decision is None or (namespaces and spec.namespace not in namespaces):
                continue
            why_not = _why_not(spec)
            if why_not:
                left_out.append(f"{spec.namespace}/{spec.workload}/{spec.container}: {why_not}")
                continue
            change = Change(
                spec.namespace, _name(spec), spec.workload_kind, spec.container, spec.size, decision.target,
                decision.monthly_saving_usd, decision.text,
            )  # fmt: skip
            found.append(change)
        return Changes(found, left_out)

    def _running(self) -> list[ContainerSpec]:
        return [spec for roster in self.rosters.values() for spec in roster.containers]


def _why_not(spec: ContainerSpec) -> str:
    if split_node_type(spec.workload)[1]:
        return "a DaemonSet has one template for all types of nodes"
    return "" if spec.workload_kind in KINDS else f"a {spec.workload_kind} has no template to change"


def _name(spec: ContainerSpec) -> str:
    """That of the object: where two kinds have one name, rosters call the second name.kind."""
    return spec.workload.removesuffix(name_with_kind("", spec.workload_kind))
