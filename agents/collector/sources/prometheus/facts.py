"""What kube-state-metrics says of pods: their owners, sizes and nodes, within a window of time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from agents.collector.rosters import Floats
from agents.collector.sources.prometheus.api import Api, TooLargeError, together
from agents.collector.sources.prometheus.bounds import Bounds, bounds_of
from agents.collector.sources.prometheus.expressions import Expressions
from agents.collector.sources.prometheus.kube_state import ASKED, INSTANCE_TYPES, Answers, rows
from agents.collector.sources.prometheus.owners import Identity, Owner, Owners, Pod, workload_name
from engine.errors import UserError
from engine.messages import Size
from engine.units import RESOURCES

Key = tuple[str, str, str]
"""Namespace, pod and container."""
SHORTEST_S: Final = 60.0


@dataclass
class Facts:
    """Gathered from one window or several, the earliest first: `take` each."""

    owners: Owners = field(default_factory=Owners)
    nodes: dict[Pod, str] = field(default_factory=dict)
    running: set[Pod] = field(default_factory=set)
    """Pods that run in the last window."""
    node_types: dict[str, str] = field(default_factory=dict)
    capacity: dict[str, Floats] = field(default_factory=dict)
    """Of nodes, [2] in cores and bytes."""
    inits: set[Key] = field(default_factory=set)
    """Containers that only prepare a pod, and end."""
    amounts: dict[Key, Floats] = field(default_factory=dict)
    """Requests and limits [2, 2]: request or limit, then resource; NaN is not set."""
    seen: dict[Key, int] = field(default_factory=dict)
    """In which window each of these was stated last."""
    bounds: Bounds = field(default_factory=Bounds)
    """In the last window."""
    windows: int = 0
    kinds: dict[Pod, set[str]] = field(default_factory=dict)
    """Namespace and name of workloads to the kinds that bear it: where there are two, the name alone is the first's."""

    def take(self, answers: Answers) -> None:
        self.windows += 1
        for labels, _ in rows(answers["owner"]):
            self.owners.pods[labels["namespace"], labels["pod"]] = _owner(labels)
        for labels, _ in rows(answers["replica_set"]):
            self.owners.replica_sets[labels["namespace"], labels["replicaset"]] = _owner(labels)
        for labels, _ in rows(answers["job"]):
            self.owners.jobs[labels["namespace"], labels["job_name"]] = _owner(labels)
        for labels, _ in rows(answers["node"]):
            self.nodes[labels["namespace"], labels["pod"]] = labels["node"]
        self.running = {(labels["namespace"], labels["pod"]) for labels, is_so in rows(answers["running"]) if is_so}
        self.inits |= {_key(labels) for labels, _ in rows(answers["init"])}
        for labels, _ in [*rows(answers["container"]), *rows(answers["sidecar"])]:
            self._anew(_key(labels))
        for kind, name in enumerate(("request", "limit")):
            self._take_amounts(kind, [*rows(answers[name]), *rows(answers[f"sidecar_{name}"])])
        self._take_nodes(answers)
        self.bounds = bounds_of(answers)
        for (namespace, name), kinds in self.owners.kinds().items():
            self.kinds.setdefault((namespace, name), set()).update(kinds)

    def _take_amounts(self, kind: int, told: Iterable[tuple[Mapping[str, str], float]]) -> None:
        for labels, value in told:
            self._anew(_key(labels))[kind, RESOURCES.index(labels["resource"])] = value

    def _anew(self, key: Key) -> Floats:
        """Amounts of this window: what was stated in an earlier one is forgotten, or a limit that was removed stays."""
        if self.seen.get(key) != self.windows:
            self.seen[key] = self.windows
            self.amounts[key] = np.full((2, 2), np.nan)
        return self.amounts[key]

    def _take_nodes(self, answers: Answers) -> None:
        for labels, _ in rows(answers["node_type"]):
            found = next((labels[name] for name in INSTANCE_TYPES if labels.get(name)), "")
            if found:
                self.node_types[labels.get("node", "")] = found
        for labels, value in rows(answers["capacity"]):
            self.capacity.setdefault(labels["node"], np.full(2, np.nan))[RESOURCES.index(labels["resource"])] = value

    def pods(self) -> dict[Identity, list[Pod]]:
        """Those that run in the last window, by whose container they hold: its replicas."""
        found: dict[Identity, list[Pod]] = {}
        for (namespace, pod, container), window in self.seen.items():
            if window == self.windows and (namespace, pod) in self.running:
                identity = self.identify(namespace, pod, container)
                if identity is not None:
                    found.setdefault(identity, []).append((namespace, pod))
        return found

    def node_type(self, namespace: str, pod: str) -> str:
        """Empty where it is not known."""
        return self.node_types.get(self.nodes.get((namespace, pod), ""), "")

    def owner(self, namespace: str, pod: str) -> Owner:
        return self.owners.top(namespace, pod)

    def identify(self, namespace: str, pod: str, container: str) -> Identity | None:
        """Whose usage this is; None for a container that only prepares a pod."""
        if (namespace, pod, container) in self.inits:
            return None
        owner = self.owners.top(namespace, pod)
        kinds = self.kinds.setdefault((namespace, owner.name), set())
        kinds.add(owner.kind)  # a pod whose owner is guessed is in no answer
        return Identity(namespace, workload_name(owner, kinds, self.node_type(namespace, pod)), container)

    def sizes(self) -> dict[Identity, Size]:
        """Of one replica: where replicas differ, as in a rollout, the largest of the latest window."""
        latest: dict[Identity, tuple[int, Floats]] = {}
        for key, amounts in self.amounts.items():
            identity = self.identify(*key)
            if identity is None:
                continue
            seen, before = latest.get(identity, (0, amounts))
            if self.seen[key] > seen:
                latest[identity] = (self.seen[key], amounts)
            elif self.seen[key] == seen:
                latest[identity] = (seen, np.fmax(before, amounts))
        return {identity: size_of(amounts) for identity, (_, amounts) in latest.items()}


async def read_facts(api: Api, expressions: Expressions, start_s: float, end_s: float, facts: Facts) -> None:
    """Adds what held within (start_s, end_s]. A window that is too large for the server is halved.

    Raises AwayError, UserError.
    """
    window_s = end_s - start_s
    asked = [expressions.labels(a.series, a.by, window_s, *a.matchers) for a in ASKED.values()]
    try:
        answers = await together([api.instant(expression, end_s) for expression in asked])
    except TooLargeError as error:
        if window_s <= SHORTEST_S:
            raise UserError(f"The Prometheus cannot answer for one minute: {error}.") from error
        middle_s = start_s + window_s / 2
        await read_facts(api, expressions, start_s, middle_s, facts)
        await read_facts(api, expressions, middle_s, end_s, facts)
    else:
        facts.take(dict(zip(ASKED, answers, strict=True)))


def size_of(amounts: Floats) -> Size:
    """From requests and limits [2, 2]; 0 is "not set", as Kubernetes has it, and so is a limit under its request."""
    (cpu, memory), (cpu_limit, memory_limit) = ([_set(value) for value in row] for row in amounts.tolist())
    return Size(cpu, _above(cpu_limit, cpu), memory, _above(memory_limit, memory))


def _set(value: float) -> float | None:
    return value if value > 0 else None  # also NaN


def _above(limit: float | None, request: float | None) -> float | None:
    return None if limit is not None and request is not None and limit < request else limit


def _owner(labels: Mapping[str, str]) -> Owner:
    return Owner(labels.get("owner_kind", ""), labels.get("owner_name", ""))


def _key(labels: Mapping[str, str]) -> Key:
    return labels.get("namespace", ""), labels.get("pod", ""), labels.get("container", "")

