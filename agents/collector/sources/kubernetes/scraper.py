"""Asks each kubelet what its containers use, every interval, each node at a moment of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Final
from zlib import crc32

from structlog.stdlib import get_logger

from agents.collector.sources.kubernetes.exposition import CFS, RESOURCE, Parser
from agents.collector.sources.kubernetes.kept_nodes import KeptNode
from agents.collector.sources.kubernetes.kubelets import CADVISOR, Kubelets
from agents.collector.sources.kubernetes.kubelets import RESOURCE as RESOURCE_PAGE
from agents.collector.sources.kubernetes.meter import Meter, Sample
from agents.collector.sources.kubernetes.specs import Place
from agents.collector.sources.kubernetes.telemetry import KubernetesTelemetry
from agents.kubernetes.errors import ApiError

TIMEOUT_S: Final = 10.0
REFUSED: Final = (401, 403)
log = get_logger(__name__)


class _Target:
    """What is kept of one node."""

    def __init__(self) -> None:
        self.meter = Meter()
        self.resource, self.cadvisor = Parser(RESOURCE), Parser(CFS)
        self.problem: str | None = None


class Scraper:
    """`nodes`: a live view, by name. Scrapes at most `at_once` of them at a time."""

    def __init__(
        self,
        nodes: Mapping[str, KeptNode],
        kubelets: Kubelets,
        interval_s: float,
        at_once: int,
        throttling: bool,
        telemetry: KubernetesTelemetry,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._nodes, self._kubelets, self._interval_s, self._now_s = nodes, kubelets, interval_s, now_s
        self._room = asyncio.Semaphore(at_once)
        self._throttling, self._telemetry = throttling, telemetry
        self._targets: dict[str, _Target] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def sample(self, place: Place) -> Sample | None:
        """The newest sample of a replica."""
        target = self._targets.get(place.node)
        return None if target is None else target.meter.samples.get(place.key)

    async def run(self) -> None:
        """A task for each node that is there. Until cancelled; the first that fails by a mistake of ours ends all."""
        try:
            while True:
                self._follow_nodes()
                rest = asyncio.create_task(asyncio.sleep(1.0))
                done, _ = await asyncio.wait([*self._tasks.values(), rest], return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            for task in self._tasks.values():
                task.cancel()
            await self._kubelets.close()

    def _follow_nodes(self) -> None:
        for name in self._tasks.keys() - self._nodes.keys():
            self._tasks.pop(name).cancel()
            del self._targets[name]
        for name in self._nodes.keys() - self._tasks.keys():
            self._targets[name] = _Target()
            self._tasks[name] = asyncio.create_task(self._scrape_for_ever(name, self._targets[name]))

    async def _scrape_for_ever(self, name: str, target: _Target) -> None:
        while True:
            await asyncio.sleep(until_turn_s(name, self._interval_s, self._now_s()))
            node = self._nodes.get(name)
            if node is not None:
                await self._scrape(node, target)

    async def _scrape(self, node: KeptNode, target: _Target) -> None:
        timeout_s = min(TIMEOUT_S, self._interval_s)
        async with self._room:
            began = time.perf_counter()
            try:
                if self._throttling:
                    await self._scrape_throttling(node, target, timeout_s)
                page = await self._kubelets.page(node, node.path or RESOURCE_PAGE, timeout_s)
            except ApiError as error:
                self._failed(node, target, error)
                return
            now_s = round(self._now_s(), 3)
            target.meter.resource(target.resource.parse(page), now_s)
            self._telemetry.scrape_seconds.observe(time.perf_counter() - began)
        if target.problem is not None:
            log.info("node_answers_again", node=node.name)
            target.problem = None

    async def _scrape_throttling(self, node: KeptNode, target: _Target, timeout_s: float) -> None:
        """Of use, and not more: where it may not be read, told once, the column stays away."""
        path = node.path.removesuffix(RESOURCE_PAGE) + CADVISOR if node.path else CADVISOR
        try:
            page = await self._kubelets.page(node, path, timeout_s)
        except ApiError as error:
            if error.status in REFUSED and self._throttling:
                self._throttling = False
                log.warning("throttling_unknown", why=str(error), needed="get nodes/metrics")
            self._telemetry.failed(error, CADVISOR)
            return
        target.meter.cadvisor(target.cadvisor.parse(page))

    def _failed(self, node: KeptNode, target: _Target, error: ApiError) -> None:
        self._telemetry.failed(error, RESOURCE_PAGE)
        if target.problem is None:
            log.warning("node_not_scraped", node=node.name, why=str(error))
        target.problem = str(error)


def until_turn_s(name: str, interval_s: float, now_s: float) -> float:
    """Seconds to a node's next turn. Turns are spread over the interval by the CRC-32 of names, and stay the same.

    A little over one interval rather than at once: a turn that is just over is not come again.
    """
    phase_s = crc32(name.encode()) / 2**32 * interval_s
    left_s = (phase_s - now_s) % interval_s
    return left_s if left_s > interval_s * 1e-3 else left_s + interval_s
