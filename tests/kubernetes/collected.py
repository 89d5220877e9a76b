"""A collector's source run against a control plane, without Kafka: what it would have sent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from agents.collector.source import Scrape
from agents.collector.sources.kubernetes.kubelets import Direct
from agents.collector.sources.kubernetes.scraper import Scraper
from agents.collector.sources.kubernetes.source import KubernetesSource
from agents.collector.sources.kubernetes.telemetry import KubernetesTelemetry
from agents.collector.sources.kubernetes.view import View
from agents.kubernetes.connection import Api
from engine.control_plane.development import DevelopmentCluster
from engine.messages import Cluster, ContainerSpec, Metrics, Roster

INTERVAL_S = 1.0
SLOTS = 3


class Collected:
    """`events`: all that was taken, in order, with the wall time at which it was."""

    def __init__(self, source: KubernetesSource) -> None:
        self.source = source
        self.events: list[tuple[float, Roster | Metrics]] = []
        self.rosters: dict[int, Roster] = {}

    def take(self, scrape: Scrape) -> None:
        for event in scrape.events:
            self.events.append((time.time(), event))
            if isinstance(event, Roster):
                self.rosters[event.slot] = event

    def specs(self, namespace: str) -> dict[str, ContainerSpec]:
        """By workload/container."""
        found = [spec for roster in self.rosters.values() for spec in roster.containers if spec.namespace == namespace]
        return {f"{spec.workload}/{spec.container}": spec for spec in found}

    def column(self, namespace: str, workload: str, name: str) -> list[object]:
        """All values of a column for a container `app`, those of messages without it left out."""
        values, rosters = [], dict[str, Roster]()
        for _, event in self.events:
            if isinstance(event, Roster):
                rosters[event.roster] = event
                continue
            column = getattr(event, name)
            for row, spec in enumerate(rosters[event.roster].containers):
                if (spec.namespace, spec.workload, spec.container) == (namespace, workload, "app") and column:
                    values.append(column[row])
        return [value for value in values if value is not None]

    async def until(self, holds: Callable[[], bool], timeout_s: float = 30.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not holds():
            assert time.monotonic() < deadline, f"not so after {timeout_s:g} s; rosters: {self.rosters}"
            await asyncio.sleep(0.02)


@asynccontextmanager
async def collecting(
    cluster: DevelopmentCluster, since_s: float | None = None, kubeconfig: Path | None = None
) -> AsyncIterator[Collected]:
    """Runs until the block ends; a failure of the source fails it."""
    api = await Api.open(kubeconfig or cluster.kubeconfig)
    telemetry = KubernetesTelemetry()

    def scraper_of(view: View) -> Scraper:
        kubelets = Direct(api, cluster.data / "certificates" / "ca.crt", False, INTERVAL_S)
        return Scraper(view.node_list.view, kubelets, INTERVAL_S, 8, True, telemetry)

    declared = Cluster(name="test", slots=SLOTS, declared_s=0.0)
    source = KubernetesSource(api, declared, INTERVAL_S, since_s or time.time(), scraper_of, telemetry)
    collected = Collected(source)
    tasks = [asyncio.create_task(source.run()), asyncio.create_task(_take_for_ever(source, collected))]
    try:
        yield collected
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await api.close()


async def _take_for_ever(source: KubernetesSource, collected: Collected) -> None:
    while True:
        time_s = source.next_s()
        assert time_s is not None
        await source.due(time_s)
        collected.take(source.take())
