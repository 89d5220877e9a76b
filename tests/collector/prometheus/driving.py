"""A source of a real Prometheus, driven by a clock of the test, and its events folded by the engine's own core."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from agents.collector.source import Scrape
from agents.collector.sources.prometheus.api import Api
from agents.collector.sources.prometheus.job import Watcher
from agents.collector.sources.prometheus.settings import PrometheusSettings
from agents.collector.sources.watched import WatchedSource
from agents.collector.spool import Fact
from engine.codec import encode, stamp_sent
from engine.core.context import Context
from engine.core.effects import Effects
from engine.core.partition import PartitionFold, Record
from engine.identity import slot_key
from engine.messages import Autopilot, Cluster, Control, Declare, Metrics, Roster
from engine.settings import load

CLUSTER = "shop"
Event = Roster | Metrics


@dataclass
class Driven:
    """`now_s` is the wall's time to everything. `facts`: what the spool would remember."""

    url: str
    folder: Path
    now_s: float
    days: float = 14.0
    slots: int = 1
    facts: dict[str, Fact | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.settings = load(
            PrometheusSettings, {"url": self.url, "cluster": CLUSTER, "days": self.days, "spool_dir": self.folder}
        )
        self.begin()

    def begin(self) -> None:
        """A new process: what it knows is what the spool remembers."""
        reached = self.facts.get("reached_s")
        cluster = Cluster(name=CLUSTER, slots=self.slots, declared_s=0.0)
        self.source = WatchedSource(
            cluster, 15.0, float(reached) if isinstance(reached, float) else None, lambda: True, lambda: self.now_s
        )

    async def once(self, most: int | None = None) -> list[Scrape]:
        """Scrapes of one round: of the past if any is missing, then a look. After `most` it is cut off."""
        scrapes: list[Scrape] = []
        async with Api(self.settings) as api:
            watcher = Watcher(self.settings, api, self.source, lambda: self.now_s)
            await self._pump(asyncio.create_task(watcher.once()), scrapes, most)
        return scrapes

    async def look(self, watcher: Watcher) -> list[Scrape]:
        """The same with a watcher that remembers."""
        scrapes: list[Scrape] = []
        await self._pump(asyncio.create_task(watcher.once()), scrapes, None)
        return scrapes

    async def _pump(self, bringing: asyncio.Task[None], scrapes: list[Scrape], most: int | None) -> None:
        while most is None or len(scrapes) < most:
            before_s, due_s = self.now_s, self.source.next_s()
            assert due_s is not None
            if bringing.done():  # what is left waits for its turn within the interval
                self.now_s = max(before_s, due_s)
            scrape = self.source.take()
            self.now_s = before_s
            if scrape.events:
                scrapes.append(scrape)
                self.facts |= scrape.facts
            elif bringing.done():
                break
            await asyncio.sleep(0)
        if not bringing.done():
            bringing.cancel()
            return
        bringing.result()


class Engine:
    """The core's fold of one slot on the wall's clock, with auto-pilot on: what may be commanded is."""

    def __init__(self) -> None:
        self.fold = PartitionFold(0, 1, Context())
        self.records = 0
        self.apply(Control(cluster=CLUSTER, slot=0, sent_s=0.0, body=Declare(slots=1, clock="wall")), 0.0)
        self.apply(Control(cluster=CLUSTER, slot=0, sent_s=0.0, body=Autopilot(stage="full")), 0.0)

    def apply(self, event: Event | Control, sent_s: float) -> Effects:
        payload = encode(event) if isinstance(event, Control) else stamp_sent(encode(event), sent_s)
        record = Record(0, self.records, slot_key(CLUSTER, 0), payload, sent_s)
        self.records += 1
        return self.fold.apply(record)

    def counter(self, name: str) -> int:
        return self.fold.slots[slot_key(CLUSTER, 0)].counters.get(name, 0)


def metrics_of(scrapes: list[Scrape]) -> list[Metrics]:
    return [event for scrape in scrapes for event in scrape.events if isinstance(event, Metrics)]
