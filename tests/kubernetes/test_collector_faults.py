"""The collector while its API server fails: the last view holds, kubelets are still scraped, and nothing is missed."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request

import pytest

from agents.collector.sources.kubernetes.source import KubernetesSource
from engine.control_plane.development import DevelopmentCluster
from tests.kubernetes.collected import collecting
from tests.kubernetes.conftest import make_namespace
from tests.kubernetes.objects import make_deployment, make_pod
from tests.kubernetes.test_collector import kill

pytestmark = pytest.mark.kubernetes
SHOP = "shop"


async def test_the_last_view_holds_while_the_api_server_is_gone(own_cluster: DevelopmentCluster) -> None:
    """Killed, not stopped: samples go on; what changed meanwhile is seen when it is back, without a list anew."""
    make_namespace(own_cluster, SHOP)
    make_deployment(own_cluster.client, SHOP, "web", 2)
    async with collecting(own_cluster) as collected:
        await collected.until(lambda: len(collected.column(SHOP, "web", "cpu_max")) > 1)
        await asyncio.to_thread(own_cluster.kill_api_server)
        killed_s, before = time.time(), len(collected.column(SHOP, "web", "memory_max"))
        await collected.until(lambda: not collected.source.view.current)
        await collected.until(lambda: len(collected.column(SHOP, "web", "memory_max")) > before + 3)
        assert collected.source.view.pods.age_s() > 0.0
        assert collected.specs(SHOP)["web/app"].replicas == 2
        assert time.time() - killed_s < 15.0
        await asyncio.to_thread(own_cluster.start_api_server)
        await asyncio.to_thread(make_pod, own_cluster.client, SHOP, "late")
        await collected.until(lambda: "late/app" in collected.specs(SHOP), 45.0)
        await collected.until(lambda: {r.problem for r in collected.source.view.reflectors} == {None})
        await collected.until(lambda: len(collected.column(SHOP, "late", "cpu_max")) > 1)


async def test_a_version_that_the_server_has_forgotten_is_listed_anew(own_cluster: DevelopmentCluster) -> None:
    """While the collector does not look, pods come and go, the store forgets, and the server starts anew."""
    make_namespace(own_cluster, SHOP)
    for name in ("stays", "goes"):
        make_pod(own_cluster.client, SHOP, name)
    async with collecting(own_cluster) as collected:
        await collected.until(lambda: collected.specs(SHOP).keys() == {"stays/app", "goes/app"})
        lists = collected.source.view.pods.lists
        # Not in a thread: the collector's loop stands still meanwhile, as a process that was stopped does.
        own_cluster.kill_api_server()
        own_cluster.start_api_server()
        own_cluster.client.delete(f"/api/v1/namespaces/{SHOP}/pods/goes?gracePeriodSeconds=0")
        make_pod(own_cluster.client, SHOP, "comes")
        kill(own_cluster, SHOP, "stays", 1)
        make_pod(own_cluster.client, SHOP, "last")
        own_cluster.kill_api_server()
        compact(own_cluster)
        own_cluster.start_api_server()
        await collected.until(
            lambda: collected.specs(SHOP).keys() == {"stays/app", "comes/app", "last/app"}, 45.0
        )
        assert collected.source.view.pods.lists > lists
        await collected.until(lambda: collected.column(SHOP, "stays", "oom_kills") == [1])
        assert collected.column(SHOP, "stays", "restarts") == [1]


async def test_more_objects_than_a_page(own_cluster: DevelopmentCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.kubernetes.reflector.PAGE", 7)
    make_namespace(own_cluster, SHOP)
    make_deployment(own_cluster.client, SHOP, "web", 30)
    async with collecting(own_cluster) as collected:
        await collected.until(lambda: ready(collected.source) == 30)
    async with collecting(own_cluster) as again:
        await again.until(lambda: again.specs(SHOP).get("web/app") is not None)
        assert again.specs(SHOP)["web/app"].replicas == 30
        assert again.source.view.pods.lists == 1


def ready(source: KubernetesSource) -> int:
    return sum(pod.runs and pod.namespace == SHOP for pod in source.view.pods.view.values())


def compact(cluster: DevelopmentCluster) -> None:
    """The store forgets all versions but the last."""
    store = f"http://127.0.0.1:{cluster.ports.store}/v3/kv"
    revision = post(f"{store}/range", {"key": "L3JlZ2lzdHJ5"})["header"]["revision"]
    post(f"{store}/compaction", {"revision": revision, "physical": True})


def post(url: str, body: dict[str, object]) -> dict[str, dict[str, str]]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        found: dict[str, dict[str, str]] = json.load(response)
    return found
