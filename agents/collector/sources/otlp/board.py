"""The latest word on each container: what the receiver takes down, and what a look at it sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from agents.collector.rosters import Floats
from agents.collector.sources.otlp.points import Container, Point
from agents.collector.sources.prometheus.facts import Facts, Key
from agents.collector.sources.prometheus.folding import Sampled
from agents.collector.sources.prometheus.owners import Owner
from engine.units import RESOURCES

FORGET_S: Final = 300.0
"""A container that nobody speaks of for so long has gone."""
MOST: Final = 200_000
"""Containers of pods that are held: a sender cannot fill the memory."""
OOM_KILLED: Final = "OOMKilled"
LEAST_S: Final = 1.0
"""Of a rate's time."""


@dataclass
class _Heard:
    """Of a container of a pod: the latest value of each use, and its time."""

    about: Container
    heard_s: float
    latest: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Use to time and value."""
    rate: tuple[float, float] | None = None
    """Time and cores, of cpu_time."""


class Board:
    """Bounded by `MOST` containers."""

    def __init__(self) -> None:
        self._heard: dict[Key, _Heard] = {}
        self._owners: dict[tuple[str, str], Owner] = {}

    def take(self, points: Iterable[Point], now_s: float) -> Counter[str]:
        """Takes points down, the earliest first; returns how many could not be used, by reason."""
        refused: Counter[str] = Counter()
        for point in sorted(points, key=lambda point: point.time_s):
            if reason := self._take(point, now_s):
                refused[reason] += 1
        return refused

    def _take(self, point: Point, now_s: float) -> str:
        about = point.container
        key = (about.namespace, about.pod, about.name)
        heard = self._heard.get(key)
        if heard is None:
            if len(self._heard) >= MOST:
                return "too_many_containers"
            heard = self._heard[key] = _Heard(about, now_s)
        before = heard.latest.get(point.use)
        if before is not None and point.time_s <= before[0]:
            return "repeated" if point.time_s == before[0] else "out_of_order"
        if about.owner is not None:
            self._owners[about.namespace, about.pod] = about.owner
        heard.about, heard.heard_s = _together(heard.about, about), now_s
        heard.latest[point.use] = (point.time_s, point.value)
        if point.use == "cpu_time":
            heard.rate = _rate(before, point) or heard.rate
        return ""

    def sampled(self, now_s: float) -> Sampled:
        """Also forgets what has gone."""
        self._heard = {key: heard for key, heard in self._heard.items() if heard.heard_s >= now_s - FORGET_S}
        pods = {key[:2] for key in self._heard}
        self._owners = {pod: owner for pod, owner in self._owners.items() if pod in pods}
        time_s: dict[Key, float] = {}
        cpu: dict[Key, float] = {}
        memory: dict[Key, float] = {}
        restarts: dict[Key, float] = {}
        for key, heard in self._heard.items():
            used = (heard.latest.get("cpu_usage") or heard.rate, _memory(heard))
            for kept, said in zip((cpu, memory), used, strict=True):
                if said is not None and said[0] >= now_s - FORGET_S:
                    time_s[key] = max(time_s.get(key, 0.0), said[0])
                    kept[key] = said[1]
            if "restarts" in heard.latest:
                restarts[key] = heard.latest["restarts"][1]
        killed = frozenset(key for key, heard in self._heard.items() if heard.about.ended == OOM_KILLED)
        return Sampled(time_s, cpu, memory, {}, restarts, killed)

    def facts(self) -> Facts:
        """As kube-state-metrics would tell them."""
        facts = Facts(windows=1)
        facts.owners.pods.update(self._owners)
        facts.kinds.update(facts.owners.kinds())
        for key, heard in self._heard.items():
            namespace, pod, _ = key
            facts.running.add((namespace, pod))
            facts.seen[key], facts.amounts[key] = 1, _amounts(heard)
            if heard.about.node:
                facts.nodes[namespace, pod] = heard.about.node
                if heard.about.node_type:
                    facts.node_types[heard.about.node] = heard.about.node_type
        return facts


def _together(before: Container, now: Container) -> Container:
    """One receiver knows the node, another how the container ended."""
    return now._replace(
        owner=now.owner or before.owner, node=now.node or before.node, node_type=now.node_type or before.node_type,
        ended=now.ended or before.ended,
    )  # fmt: skip


def _rate(before: tuple[float, float] | None, point: Point) -> tuple[float, float] | None:
    """Cores since the point before; None for the first, and where the counter began anew."""
    if point.delta:
        passed, used = point.time_s - point.start_s, point.value
    elif before is not None and point.value >= before[1]:
        passed, used = point.time_s - before[0], point.value - before[1]
    else:
        return None
    return (point.time_s, used / passed) if passed >= LEAST_S else None


def _memory(heard: _Heard) -> tuple[float, float] | None:
    """The working set is what counts towards an OOM kill; usage has caches in it."""
    return heard.latest.get("working_set") or heard.latest.get("memory_usage")


def _amounts(heard: _Heard) -> Floats:
    amounts = np.full((2, 2), np.nan)
    for kind, name in enumerate(("request", "limit")):
        for resource, of in enumerate(RESOURCES):
            if (said := heard.latest.get(f"{of}_{name}")) is not None:
                amounts[kind, resource] = said[1]
    return amounts
