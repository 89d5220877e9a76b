"""Any number of containers whose truth is known, for benchmarks and tests of the engine."""

from __future__ import annotations

import heapq
from typing import Final

import numpy as np

from agents.collector.rosters import ROSTER_INTERVAL_S, Integers, Usage, metrics_event, roster_event
from agents.collector.source import Scrape, turns
from agents.collector.sources.truth import OOM_KILL, THROTTLED, Shape, sizes, urgent, usage
from engine.codec import roster_hash
from engine.identity import slot_of
from engine.messages import Cluster, ContainerSpec, Metrics, Roster
from engine.units import CPU, MEMORY

NAMESPACES: Final = 50
TURNS: Final = 40
LAST_ROSTER_S: Final = 600.0
THROTTLED_SHARE: Final = 0.5
NODE_TYPE: Final = "m5.large"


def name_of(container: int) -> tuple[str, str, str]:
    """Namespace, workload and container of a number."""
    return f"ns-{container % NAMESPACES}", f"w-{container}", "app"


class _Slot:
    """Its containers; the roster never changes, so it is made when it is due and not kept."""

    def __init__(self, cluster: Cluster, number: int, shape: Shape) -> None:
        self.cluster, self.number, self.shape = cluster.name, number, shape
        self.roster = roster_hash(self._specs())
        self.sent_s = -np.inf

    def roster_event(self, time_s: float) -> Roster:
        """The first is followed by the second after a time of the slot's own, so that not all are due at once."""
        first = np.isinf(self.sent_s)
        self.sent_s = time_s - (ROSTER_INTERVAL_S * (self.number % TURNS) / TURNS if first else 0.0)
        return roster_event(self.cluster, self.number, time_s, self.roster, self._specs())

    def metrics_event(self, time_s: float, value: Usage) -> Metrics:
        return metrics_event(self.cluster, self.number, time_s, self.roster, value)

    def _specs(self) -> list[ContainerSpec]:
        names = [name_of(container) for container in self.shape.container.tolist()]
        return [
            ContainerSpec(namespace=n, workload=w, container=c, size=size, node_type=NODE_TYPE)
            for (n, w, c), size in zip(names, sizes(self.shape), strict=True)
        ]


class SyntheticSource:
    """`containers` in each cluster, every one sampled each `interval_s` from `start_s` to `end_s` (None: no end).

    `urgent_per_minute`: OOM kills and throttled containers a minute, in each cluster, in random slots and rows.
    `closing`: rosters ten minutes after the last sample close the last buckets, as a replay needs.
    """

    def __init__(
        self,
        clusters: list[Cluster],
        containers: int,
        interval_s: float,
        seed: int,
        start_s: float,
        end_s: float | None = None,
        urgent_per_minute: float = 0.0,
        closing: bool = False,
    ) -> None:
        self._interval_s, self._seed, self._end_s, self._closing = interval_s, seed, end_s, closing
        self._probability = urgent_per_minute * interval_s / 60.0 / containers
        everything = Shape.of(seed, np.arange(containers, dtype=np.int64))
        slots = [slot for cluster in clusters for slot in _slots(cluster, everything)]
        self._groups = turns(slots)
        offsets = [interval_s * number / len(self._groups) for number in range(len(self._groups))]
        self._due = [(start_s + offset, number) for number, offset in enumerate(offsets)]
        self._last_s = start_s

    def next_s(self) -> float | None:
        time_s = self._due[0][0]
        if not self._over(time_s):
            return time_s
        return self._last_s + LAST_ROSTER_S if self._closing else None

    def take(self) -> Scrape:
        time_s, number = self._due[0]
        if self._over(time_s):
            self._closing = False
            return Scrape([s.roster_event(self._last_s + LAST_ROSTER_S) for group in self._groups for s in group])
        self._skip()
        self._last_s = time_s
        events: list[Roster | Metrics] = []
        for slot in self._groups[number]:
            if time_s - slot.sent_s >= ROSTER_INTERVAL_S:
                events.append(slot.roster_event(time_s))
            events.append(slot.metrics_event(time_s, self._sampled(slot.shape, time_s)))
        return Scrape(events)

    def skip_overdue(self, now_s: float) -> int:
        skipped = 0
        while self._due[0][0] < now_s - self._interval_s and not self._over(self._due[0][0]):
            self._skip()
            skipped += 1
        return skipped

    def _skip(self) -> None:
        due_s, number = self._due[0]
        heapq.heapreplace(self._due, (round(due_s + self._interval_s, 6), number))

    def rosters_lost(self) -> None:
        for group in self._groups:
            for slot in group:
                slot.sent_s = -np.inf

    def _over(self, time_s: float) -> bool:
        return self._end_s is not None and time_s >= self._end_s

    def _sampled(self, shape: Shape, time_s: float) -> Usage:
        """An OOM-killed container is seen at its memory limit, a throttled one at its CPU limit."""
        value = usage(shape, time_s)
        befallen = urgent(self._seed, shape.container, time_s, self._probability)
        for kind, resource in ((OOM_KILL, MEMORY), (THROTTLED, CPU)):
            for row in np.flatnonzero(befallen == kind):
                size = sizes(shape.take(np.array([row])))[0]
                limit = (size.cpu_limit, size.memory_limit)[resource]
                value[row, resource] = np.nan if limit is None else limit
        throttled = np.where(befallen == THROTTLED, THROTTLED_SHARE, 0.0)
        return Usage(np.round(value, 6), throttled, (befallen == OOM_KILL).astype(np.int64))


def _slots(cluster: Cluster, everything: Shape) -> list[_Slot]:
    names = (name_of(container) for container in everything.container.tolist())
    numbers = np.array([slot_of(namespace, workload, cluster.slots) for namespace, workload, _ in names], np.int64)
    order = np.argsort(numbers, kind="stable")
    edges: Integers = np.searchsorted(numbers[order], np.arange(cluster.slots + 1))
    return [
        _Slot(cluster, number, everything.take(order[edges[number] : edges[number + 1]]))
        for number in range(cluster.slots)
    ]
