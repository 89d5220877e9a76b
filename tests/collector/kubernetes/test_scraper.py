"""The scraper: each node at a moment of its own, not too many at once, and what fails is told once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web
from prometheus_client import generate_latest

from agents.collector.sources.kubernetes.kept_nodes import KeptNode
from agents.collector.sources.kubernetes.kubelets import CADVISOR, Proxied
from agents.collector.sources.kubernetes.scraper import Scraper, until_turn_s
from agents.collector.sources.kubernetes.specs import Place
from agents.collector.sources.kubernetes.telemetry import KubernetesTelemetry
from agents.kubernetes.errors import ApiError, Unreachable
from tests.collector.kubernetes.objects import node
from tests.kubernetes_client.server import serving

INTERVAL_S = 0.2


class Kubelets:
    """Answers for all nodes. `slow_s`: how long each takes."""

    def __init__(self, slow_s: float = 0.0) -> None:
        self.asked: Counter[tuple[str, str]] = Counter()
        self.broken: set[str] = set()
        self.running = self.most = 0
        self.closed = False
        self._slow_s = slow_s

    async def page(self, node: KeptNode, path: str, timeout_s: float) -> bytes:
        self.asked[node.name, path] += 1
        if path == CADVISOR:
            raise ApiError(403, "Forbidden", "no")
        if node.name in self.broken:
            raise Unreachable("gone")
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(self._slow_s)
        self.running -= 1
        labels = f'container="app",namespace="shop",pod="on-{node.name}"'
        return f"container_memory_working_set_bytes{{{labels}}} {self.asked[node.name, path]}\n".encode()

    async def close(self) -> None:
        self.closed = True


@asynccontextmanager
async def scraping(nodes: dict[str, KeptNode], kubelets: Kubelets, at_once: int = 9) -> AsyncIterator[Scraper]:
    telemetry = KubernetesTelemetry()
    scraper = Scraper(nodes, kubelets, INTERVAL_S, at_once, True, telemetry)
    task = asyncio.create_task(scraper.run())
    try:
        yield scraper
        text = generate_latest(telemetry.registry).decode()
        assert 'kubelet_scrape_failures_total{page="/metrics/cadvisor",reason="403"}' in text
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert kubelets.closed


def place(name: str) -> Place:
    return Place(name, ("shop", f"on-{name}", "app"), "")


async def test_nodes_are_followed_and_a_broken_one_keeps_its_last_sample() -> None:
    nodes = {name: node(name) for name in ("a", "b")}
    kubelets = Kubelets()
    async with scraping(nodes, kubelets) as scraper:
        await asyncio.sleep(3 * INTERVAL_S)
        first = scraper.sample(place("a"))
        assert first is not None
        kubelets.broken.add("a")
        await asyncio.sleep(2 * INTERVAL_S)
        last = scraper.sample(place("a"))
        await asyncio.sleep(2 * INTERVAL_S)
        assert scraper.sample(place("a")) == last
        del nodes["a"]
        nodes["c"] = node("c")
        await asyncio.sleep(1.0 + 2 * INTERVAL_S)  # nodes are looked through once a second
        assert scraper.sample(place("a")) is None
        assert scraper.sample(place("c")) is not None
        assert 4 <= kubelets.asked["b", "/metrics/resource"] <= 15
        assert sum(count for (_, path), count in kubelets.asked.items() if path == CADVISOR) <= 2


async def test_not_more_at_once_than_allowed() -> None:
    kubelets = Kubelets(slow_s=0.03)
    async with scraping({str(n): node(str(n)) for n in range(30)}, kubelets, at_once=3):
        await asyncio.sleep(4 * INTERVAL_S)
    assert kubelets.most == 3


def test_turns_are_spread_over_the_interval_and_stay_the_same() -> None:
    turns = [until_turn_s(f"node-{n}", 15.0, 3000.0) for n in range(300)]
    assert all(0.0 < turn <= 15.015 for turn in turns)
    tenths = Counter(int(turn / 1.5) for turn in turns)
    assert min(tenths[n] for n in range(10)) > 10
    at = 3000.0 + turns[0]
    assert until_turn_s("node-0", 15.0, at) == pytest.approx(15.0, abs=0.02)
    assert until_turn_s("node-0", 15.0, at + 4.0) == pytest.approx(11.0)


async def test_through_the_api_server() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(text=request.path)

    async with serving(handler) as api:
        page = await Proxied(api).page(node("n7"), "/metrics/resource", 1.0)
    assert page == b"/api/v1/nodes/n7/proxy/metrics/resource"
