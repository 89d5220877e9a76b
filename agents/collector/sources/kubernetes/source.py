"""A Kubernetes cluster as a source: its slots in turn, and at once where memory ran out."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable, Sequence
from typing import Final

from agents.collector.source import Scrape, turns
from agents.collector.sources.kubernetes.distress import news
from agents.collector.sources.kubernetes.index import Workload
from agents.collector.sources.kubernetes.kept import KeptPod
from agents.collector.sources.kubernetes.meter import Sample
from agents.collector.sources.kubernetes.pending import Pending
from agents.collector.sources.kubernetes.scraper import Scraper
from agents.collector.sources.kubernetes.slots import Slots
from agents.collector.sources.kubernetes.specs import Place
from agents.collector.sources.kubernetes.telemetry import KubernetesTelemetry
from agents.collector.sources.kubernetes.view import View
from agents.kubernetes.connection import Api
from engine.messages import Cluster, Metrics, Roster

PUNCTUAL_S: Final = 0.005
FRESH_INTERVALS: Final = 2.5
ROW_AGE_S: Final = 59.0
"""The engine takes no older rows."""
AT_ONCE: Final = ("oom_kills", "evictions")
TOLD: Final = "kubernetes/told_s"
"""Fact of the spool: up to when it was told what befell pods."""


class KubernetesSource:
    """`since_s`: what befell pods before was told already. `scraper_of(nodes)` makes the scraper."""

    def __init__(
        self,
        api: Api,
        cluster: Cluster,
        interval_s: float,
        since_s: float,
        scraper_of: Callable[[View], Scraper],
        telemetry: KubernetesTelemetry,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._interval_s, self._since_s, self._now_s, self._telemetry = interval_s, since_s, now_s, telemetry
        self.view = View(api, cluster.slots, self._pod_changed)
        self._scraper, self._pending = scraper_of(self.view), Pending()
        fresh_s = min(FRESH_INTERVALS * interval_s, ROW_AGE_S)
        self._slots = Slots(cluster.name, cluster.slots, self.view, self._sampled, self._pending, fresh_s)
        self._groups = turns(range(cluster.slots))
        self._due: list[tuple[float, int]] = []
        self._urgent: set[int] = set()
        self._ready, self._called = asyncio.Event(), asyncio.Event()
        telemetry.watch(self.view.reflectors, lambda: float(self.view.policies.problems))

    async def run(self) -> None:
        """What goes on beside the scrapes: watches, and the kubelets' pages."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.view.run())
            await self.view.synced()
            self.begin()
            tasks.create_task(self._scraper.run())

    def begin(self) -> None:
        """All is known; the first turn of each group is within an interval from now."""
        start_s, step_s = self._now_s(), self._interval_s / len(self._groups)
        self._due = [(start_s + step_s * number, number) for number in range(len(self._groups))]
        self._ready.set()

    async def due(self, time_s: float) -> None:
        """Returns at `time_s`, or before it when something is urgent; never before the cluster is known."""
        await self._ready.wait()
        try:
            await asyncio.wait_for(self._called.wait(), max(0.0, time_s - self._now_s()))
        except TimeoutError:
            return

    def next_s(self) -> float | None:
        if self._urgent or not self._due:
            return self._now_s()
        return self._due[0][0]

    def take(self) -> Scrape:
        time_s = round(self._now_s(), 3)
        numbers = self._urgent_slots()
        if self._due[0][0] <= time_s + PUNCTUAL_S:  # also when much is urgent
            numbers = sorted({*numbers, *self._turn()})
        self._slots.follow(numbers)
        events: list[Roster | Metrics] = []
        for number in numbers:
            events += self._slots.scrape(number, time_s)
            for age_s in self._slots.ages_s:
                self._telemetry.sample_age.observe(age_s)
        self._pending.expire(time_s)
        self._telemetry.without_sample.set(sum(self._slots.without_sample))
        return Scrape(events, {TOLD: time_s})

    def skip_overdue(self, now_s: float) -> int:
        skipped = 0
        while self._due and self._due[0][0] < now_s - self._interval_s:
            self._turn()
            skipped += 1
        return skipped

    def rosters_lost(self) -> None:
        self._slots.forget_sent()

    def _turn(self) -> Sequence[int]:
        due_s, number = self._due[0]
        heapq.heapreplace(self._due, (due_s + self._interval_s, number))
        return self._groups[number]

    def _urgent_slots(self) -> list[int]:
        numbers, self._urgent = sorted(self._urgent), set()
        self._called.clear()
        self._telemetry.urgent.inc(len(numbers))
        return numbers

    def _sampled(self, place: Place) -> Sample | None:
        return self._scraper.sample(place)

    def _pod_changed(self, before: KeptPod | None, after: KeptPod | None, workload: Workload) -> None:
        if after is None:
            return
        found = news(before, after, self._since_s)
        self._pending.add(workload, found, self.view.nodes.type_of(after.node), self._now_s())
        if self._ready.is_set() and any(each.kind in AT_ONCE for each in found):
            self._urgent.add(self.view.index.slot_of(workload))
            self._called.set()
