"""The webhook, called by a real API server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from msgspec.structs import replace

from agents.executor.kubernetes.evict import WEBHOOK
from agents.executor.webhook.certificate import made
from agents.executor.webhook.registration import at_url, register
from agents.executor.webhook.service import start
from agents.executor.webhook.settings import WebhookSettings
from agents.kubernetes.connection import MERGE_PATCH
from agents.kubernetes.resources import DAEMON_SETS, DEPLOYMENTS, DISRUPTION_BUDGETS, Kind
from engine.settings import load
from tests.kubernetes.shop import LARGE, SMALL, Shop, until
from tests.kubernetes.world import World, tell, told

pytestmark = pytest.mark.kubernetes


def tell_with_webhook(kubeconfig: Path, folder: Path, story: Callable[[World], Awaitable[None]], **more: Any) -> None:
    """The webhook runs in this process; its configuration is gone afterwards."""

    async def told_story(world: World) -> None:
        flags = {"kubeconfig": kubeconfig, "namespace": world.shop.namespace, "url": "https://127.0.0.1"}
        settings = load(WebhookSettings, {**flags, "listen": "127.0.0.1", "port": 0})
        async with AsyncExitStack() as stack:
            await start(settings, stack)
            try:
                await until(lambda: is_asked(world.shop))
                await story(world)
            finally:
                await world.shop.api.request("DELETE", WEBHOOK)

    tell(kubeconfig, folder, told_story, **more)


async def is_asked(shop: Shop) -> bool:
    """The API server takes up a new configuration after a moment."""
    await asyncio.sleep(0.5)
    return True


async def scale(shop: Shop, kind: Kind[Any], name: str, replicas: int) -> None:
    path = kind.path(shop.namespace, name)
    await shop.api.request("PATCH", path, None, {"spec": {"replicas": replicas}}, MERGE_PATCH)
    await until(lambda: shop.ready(name, replicas))


def test_new_pods_have_the_size_from_their_start(kubeconfig: Path, tmp_path: Path) -> None:
    async def story(world: World) -> None:
        shop = world.shop
        await shop.make(DEPLOYMENTS, "web", 1)
        await shop.make(DEPLOYMENTS, "other", 1)
        command = world.command()
        assert told(await world.give(command)) == [("applied", "")]
        await scale(shop, DEPLOYMENTS, "web", 4)
        await scale(shop, DEPLOYMENTS, "other", 2)
        pods = await shop.pods("web")
        assert [pod.size("app") for pod in pods] == [LARGE] * 4
        assert all(command.id in pod.metadata.annotations["applied.trimtab.io/app"] for pod in pods)
        assert sorted(pod.metadata.generation for pod in pods) == [1, 1, 1, 2]
        assert await shop.sizes("other") == [SMALL] * 2
        # A rollout for another reason undoes nothing.
        body = {"spec": {"template": {"metadata": {"annotations": {"rolled": "out"}}}}}
        await shop.api.request("PATCH", DEPLOYMENTS.path(shop.namespace, "web"), None, body, MERGE_PATCH)
        before = {pod.metadata.uid for pod in pods}

        async def replaced() -> bool:
            now = await shop.pods("web")
            return len(now) == 4 and not before & {pod.metadata.uid for pod in now}

        await until(replaced)
        assert await shop.sizes("web") == [LARGE] * 4

    tell_with_webhook(kubeconfig, tmp_path, story)


def test_the_later_word_of_others_stands(kubeconfig: Path, tmp_path: Path) -> None:
    async def story(world: World) -> None:
        shop = world.shop
        await shop.make(DEPLOYMENTS, "web", 1)
        assert told(await world.give(world.command())) == [("applied", "")]
        await shop.set_template(DEPLOYMENTS, "web", {"requests": {"cpu": "700m"}}, manager="argocd-controller")

        async def as_they_want() -> bool:
            return await shop.sizes("web") == [replace(SMALL, cpu_request=0.7)]

        await until(as_they_want)

    tell_with_webhook(kubeconfig, tmp_path, story)


def test_a_limit_range_is_kept(kubeconfig: Path, tmp_path: Path) -> None:
    """Set after the decision: with the decision's size the pod would be refused."""

    async def story(world: World) -> None:
        shop = world.shop
        await shop.make(DEPLOYMENTS, "web", 1)
        assert told(await world.give(world.command())) == [("applied", "")]
        spec = {"limits": [{"type": "Container", "max": {"memory": "200Mi"}}]}
        body = {"metadata": {"name": "low"}, "spec": spec}
        await shop.api.request("POST", f"/api/v1/namespaces/{shop.namespace}/limitranges", body=body)
        await asyncio.sleep(1.0)
        await scale(shop, DEPLOYMENTS, "web", 2)
        assert sorted(size.cpu_request or 0 for size in await shop.sizes("web") if size) == [0.1, 0.4]

    tell_with_webhook(kubeconfig, tmp_path, story)


def test_a_daemon_sets_pods_by_their_type_of_node(kubeconfig: Path, tmp_path: Path) -> None:
    async def story(world: World) -> None:
        shop = world.shop
        await shop.make(DAEMON_SETS, "web", 1)
        await shop.make_node(2, "c5.large")
        await until(lambda: shop.ready("web", 2))
        assert told(await world.give(world.command("web@c5.large"))) == [("applied", "")]
        await shop.make_node(3, "c5.large")
        await until(lambda: shop.ready("web", 3))
        sizes = {pod.spec.node_name[-1]: pod.size("app") for pod in await shop.pods("web")}
        assert sizes == {"1": SMALL, "2": LARGE, "3": LARGE}

    tell_with_webhook(kubeconfig, tmp_path, story)


def test_sizes_by_eviction(kubeconfig: Path, tmp_path: Path) -> None:
    """One by one, as a budget allows; the template stays as it is."""

    async def story(world: World) -> None:
        shop = world.shop
        await shop.make(DEPLOYMENTS, "web", 3)
        spec = {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}}
        path = DISRUPTION_BUDGETS.path(shop.namespace)
        await shop.api.request("POST", path, body={"metadata": {"name": "keep"}, "spec": spec})

        async def counted() -> bool:
            return b'"disruptionsAllowed":1' in await shop.api.get(f"{path}/keep")

        await until(counted)
        before = {pod.metadata.uid for pod in await shop.pods("web")}
        unlimited = replace(LARGE, memory_limit=None)
        command = world.command(target=unlimited, may_restart=True)
        assert told(await world.give(command)) == [("applied", "")]
        pods = await shop.pods("web")
        assert [pod.size("app") for pod in pods] == [unlimited] * 3
        assert not before & {pod.metadata.uid for pod in pods}
        assert (await shop.owner("web")).template_size("app") == SMALL

    tell_with_webhook(kubeconfig, tmp_path, story, restart_by="evict", restart_patience_s=30.0)


def test_a_webhook_that_hangs_stops_no_pod(kubeconfig: Path, tmp_path: Path) -> None:
    """Pods start with the size of their template, after the second that it may take."""

    async def story(world: World) -> None:
        shop = world.shop
        await shop.make(DEPLOYMENTS, "web", 1)
        assert told(await world.give(world.command())) == [("applied", "")]
        asked = 0

        async def hang(_: web.Request) -> web.Response:
            nonlocal asked
            asked += 1
            await asyncio.sleep(60.0)
            return web.Response()

        certificate = made(["127.0.0.1"])
        app = web.Application()
        app.router.add_post("/pods", hang)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=certificate.context()).start()
        url = f"https://127.0.0.1:{runner.addresses[0][1]}"
        await register(shop.api, at_url(url), certificate.certificate)
        try:
            await asyncio.sleep(0.5)
            started_s = time.monotonic()
            await scale(shop, DEPLOYMENTS, "web", 2)
            assert asked == 1
            assert time.monotonic() - started_s < 10.0
            assert sorted(size.cpu_request or 0 for size in await shop.sizes("web") if size) == [0.1, 0.4]
        finally:
            await shop.api.request("DELETE", WEBHOOK)
            await runner.cleanup()

    tell(kubeconfig, tmp_path, story)


