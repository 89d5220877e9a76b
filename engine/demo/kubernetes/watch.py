"""Pods watched from outside: when their requests changed, when a kubelet had set them, and what they were short of."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.core.rows import Array
from engine.quantity import parse_cpu, parse_memory

Requests = tuple[float, float]
"""Cores, bytes."""


@dataclass(slots=True)
class Change:
    """A pod's request that changed. `seen_s`: wall time; `actuated_s`: when its status had it, None if it never had."""

    pod: str
    workload: str
    before: Requests
    after: Requests
    seen_s: float
    generation: int
    actuated_s: float | None = None


@dataclass(slots=True)
class Watched:
    """What is known of one pod; `first` is how it was found."""

    uid: str
    workload: str
    first: Requests
    now: Requests
    restarts: int = 0


@dataclass(slots=True)
class PodWatch:
    """Looks at all pods, a few times a second. `short_…`: looks at pods that used more than requested, by resource."""

    pods: dict[str, Watched] = field(default_factory=dict)
    replaced: set[str] = field(default_factory=set)
    changes: list[Change] = field(default_factory=list)
    looks: int = 0
    short_written: Array = field(default_factory=lambda: np.zeros(2, np.int64))
    short_now: Array = field(default_factory=lambda: np.zeros(2, np.int64))
    totals: list[tuple[float, float, float, float, float]] = field(default_factory=list)
    """Wall time; cores and bytes requested; cores and bytes used."""

    def look(self, items: list[dict[str, Any]], usage: dict[str, Array], now_s: float | None = None) -> None:
        """`usage` [2] of a replica by workload."""
        now_s = time.time() if now_s is None else now_s
        requested, used = np.zeros(2), np.zeros(2)
        for pod in items:
            known = self._known(pod)
            self._note_change(pod, known, now_s)
            uses = usage[known.workload]
            self.looks += 1
            self.short_written += uses > np.array(known.first)
            self.short_now += uses > np.array(known.now)
            requested += known.now
            used += uses
        gone = self.pods.keys() - {pod["metadata"]["name"] for pod in items}
        self.replaced |= gone
        cores, memory = requested.tolist()
        self.totals.append((now_s, cores, memory, float(used[0]), float(used[1])))

    def _known(self, pod: dict[str, Any]) -> Watched:
        name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
        if name not in self.pods:
            if self.totals:  # not the first look
                self.replaced.add(name)
            size = requests_of(pod["spec"]["containers"][0])
            self.pods[name] = Watched(uid, pod["metadata"]["labels"]["app"], size, size)
        known = self.pods[name]
        if known.uid != uid:
            self.replaced.add(name)
        known.restarts = max([known.restarts, *(s["restartCount"] for s in _statuses(pod))])
        return known

    def _note_change(self, pod: dict[str, Any], known: Watched, now_s: float) -> None:
        name, size = pod["metadata"]["name"], requests_of(pod["spec"]["containers"][0])
        if size != known.now:
            generation = int(pod["metadata"].get("generation", 0))
            self.changes.append(Change(name, known.workload, known.now, size, now_s, generation))
            known.now = size
        actual = [requests_of(status) for status in _statuses(pod) if "resources" in status]
        for change in self.changes:
            if change.pod == name and change.actuated_s is None and change.after in actual:
                change.actuated_s = now_s


def requests_of(container: dict[str, Any]) -> Requests:
    requests = container.get("resources", {}).get("requests", {})
    return parse_cpu(requests.get("cpu", "0")), parse_memory(requests.get("memory", "0"))


def _statuses(pod: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pod["status"].get("containerStatuses", [])
    return found
