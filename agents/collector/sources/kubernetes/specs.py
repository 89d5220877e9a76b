"""Pods of a workload to rows of a roster: which containers it has, what size they are, where their replicas run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from agents.collector.sources.kubernetes.bounds import (
    KeptQuota,
    KeptScaler,
    merged_limits,
    quota_left,
    scaled_by,
)
from agents.collector.sources.kubernetes.exposition import Key
from agents.collector.sources.kubernetes.index import Workload
from agents.collector.sources.kubernetes.kept import Annotations, KeptContainer, KeptPod
from agents.collector.sources.kubernetes.nodes import Nodes, requests, summed
from agents.collector.sources.kubernetes.policies import Policies
from engine.identity import per_node_type
from engine.messages import ContainerSpec, LimitRange, Size


class Place(NamedTuple):
    """Of a replica: where its samples are found, and what type of node that is."""

    node: str
    key: Key
    node_type: str


class Row(NamedTuple):
    spec: ContainerSpec
    replicas: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Around:
    """What is known around the pods of one workload. `annotations`: of its namespace and its owner, in this order."""

    limits: Sequence[LimitRange]
    quotas: Sequence[KeptQuota]
    scalers: Sequence[KeptScaler]
    annotations: Sequence[Annotations]
    template: str
    in_place: bool
    """Whether the API server is new enough."""


def rows_of(
    workload: Workload, name: str, pods: Sequence[KeptPod], nodes: Nodes, around: Around, policies: Policies
) -> list[Row]:
    """In the order of names. A DaemonSet has rows for each type of node, for its pods need what their node has."""
    if workload.kind != "DaemonSet":
        return _rows(workload, name, "", pods, nodes, around, policies)
    types = sorted({nodes.type_of(pod.node) for pod in pods if pod.node})
    groups = [(kind, [pod for pod in pods if pod.node and nodes.type_of(pod.node) == kind]) for kind in types]
    return [
        row
        for kind, here in groups
        for row in _rows(workload, per_node_type(name, kind) if kind else name, kind, here, nodes, around, policies)
    ]


def _rows(
    workload: Workload, name: str, of_type: str, pods: Sequence[KeptPod], nodes: Nodes, around: Around,
    policies: Policies,
) -> list[Row]:  # fmt: skip
    """Pods that run, or wait to; of a CronJob also those that have run, for it is there between its runs."""
    there = [pod for pod in pods if pod.runs or pod.waits]
    if not there and workload.kind == "CronJob":
        there = list(pods)
    if not there:
        return []
    running = [pod for pod in pods if pod.runs]
    newest = max(there, key=lambda pod: (pod.runs, pod.created_s, pod.name))
    policy = policies.of(f"{workload.namespace}/{name}", [*around.annotations, newest.annotations])
    node_type = of_type or _commonest(nodes.type_of(pod.node) for pod in running if pod.node)
    rows = []
    for container in sorted(newest.containers, key=lambda c: c.name):
        places = tuple(
            Place(pod.node, (pod.namespace, pod.name, container.name), nodes.type_of(pod.node))
            for pod in running
            if any(c.name == container.name for c in pod.containers)
        )
        present = _present(container, newest, there)
        spec = ContainerSpec(
            namespace=workload.namespace, workload=name, container=container.name, workload_kind=workload.kind,
            replicas=len(places), size=present.size, node_type=node_type or None, policy=policy,
            in_place=_in_place(present, newest, running, nodes, around),
            scaled_by=scaled_by(around.scalers, container.name), heap_bytes=present.heap,
            node=running[0].node if len(running) == 1 else None, limit_range=merged_limits(around.limits),
            quota_left=quota_left(around.quotas, newest.quality, workload.kind),
            node_largest=_largest(present, newest, nodes, of_type), template=around.template,
        )  # fmt: skip
        rows.append(Row(spec, places))
    return rows


def _present(container: KeptContainer, newest: KeptPod, pods: Iterable[KeptPod]) -> KeptContainer:
    """What most pods of the newest template have: in the middle of a resize some have another size."""
    same = [pod for pod in pods if pod.template == newest.template]
    seen = Counter(c for pod in same for c in pod.containers if c.name == container.name)
    return max(seen, key=lambda c: (seen[c], c == container), default=container)


def _in_place(
    container: KeptContainer, newest: KeptPod, running: Iterable[KeptPod], nodes: Nodes, around: Around
) -> bool:
    able = all(nodes.resizes(pod.node) for pod in running)
    return around.in_place and able and not container.restarts and not newest.static


def _largest(container: KeptContainer, pod: KeptPod, nodes: Nodes, of_type: str) -> Size | None:
    beside = summed(other.size for other in pod.containers if other.name != container.name)
    if of_type:  # its own requests are among the DaemonSets' there
        own = requests(container.size)
        beside = -own[0], -own[1]
    return nodes.largest(pod.where, of_type, beside, requests(container.size))


def _commonest(types: Iterable[str]) -> str:
    """Of those that are known; of equally common ones the first by name."""
    seen = Counter(kind for kind in types if kind)
    return min(seen, key=lambda kind: (-seen[kind], kind), default="")
