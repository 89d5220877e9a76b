"""All that an agent does in a cluster, under its own account."""

from __future__ import annotations

import asyncio
import datetime
import secrets
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from agents.executor.kubernetes.evict import WEBHOOK
from agents.executor.kubernetes.target import KubernetesTarget
from agents.executor.webhook import certificate
from agents.executor.webhook.service import start
from agents.executor.webhook.settings import WebhookSettings
from agents.kubernetes.connection import Api
from agents.kubernetes.lease import Election
from agents.kubernetes.resources import CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, JOBS, REPLICA_SETS, STATEFUL_SETS
from engine.control_plane.development import DevelopmentCluster
from engine.settings import load
from tests.kubernetes.collected import collecting
from tests.kubernetes.objects import make_deployment
from tests.kubernetes.shop import LARGE, RESOURCES, SMALL, Shop, until
from tests.kubernetes.world import World, told

UNLIMITED = replace(LARGE, memory_limit=None)


async def collect(cluster: DevelopmentCluster, kubeconfig: Path, namespace: str) -> None:
    """Views, one scrape at least, the lease."""
    make_deployment(cluster.client, namespace, "web", 1)
    async with collecting(cluster, kubeconfig=kubeconfig) as collected:
        await collected.until(lambda: bool(collected.column(namespace, "web", "cpu_max")))
        assert [each.problem for each in collected.source.view.reflectors] == [None] * 12
    await _lease(kubeconfig, "trimtab-collector-shop")


async def execute(admin: Path, executor: Path, webhook: Path, folder: Path) -> None:
    """In place for each kind of owner, a lower limit, a template, an eviction, what was left unfinished, the lease."""
    api = await Api.open(admin)
    shop = Shop(api, f"shop-{secrets.token_hex(4)}")
    await shop.make_namespace()
    for number, node_type in enumerate(("m5.large", "c5.large")):
        await shop.make_node(number, node_type)
    async with AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:  # the first certificate is about to expire: the second start renews
            patch.setattr(certificate, "LIFE", datetime.timedelta(days=1))
            async with AsyncExitStack() as first:
                await _start_webhook(webhook, first)
        await _start_webhook(webhook, stack)
        target = KubernetesTarget(await Api.open(executor), patience_s=5.0, restart_patience_s=30.0)
        world = World(shop, target, folder / "ledger.sqlite")
        evicting = KubernetesTarget(await Api.open(executor), restart_by="evict", restart_patience_s=30.0)
        by_eviction = World(shop, evicting, folder / "other.sqlite")
        try:
            await world.executor.recover()
            await world.executor.settle()
            await _all_kinds(world)
            lower = world.command(expected=LARGE, target=SMALL)
            await world.give(lower)
            await shop.make(DEPLOYMENTS, "rolled", 1)
            await shop.make(DEPLOYMENTS, "evicted", 2)
            for each, name in ((world, "rolled"), (by_eviction, "evicted")):
                command = each.command(name, target=UNLIMITED, may_restart=True)
                assert told(await each.give(command)) == [("applied", "")], name
        finally:
            for each in (world, by_eviction):
                await each.executor.stop()
                await each.target.close()
            await api.request("DELETE", WEBHOOK)
            await shop.delete()
            await api.close()
    await _lease(executor, "trimtab-executor-shop")


async def _start_webhook(kubeconfig: Path, stack: AsyncExitStack) -> None:
    flags = {"kubeconfig": kubeconfig, "namespace": "trimtab", "url": "https://127.0.0.1"}
    await start(load(WebhookSettings, {**flags, "listen": "127.0.0.1", "port": 0}), stack)
    await asyncio.sleep(0.5)  # until the API server has taken it up


async def _all_kinds(world: World) -> None:
    shop = world.shop
    for kind, name in ((DEPLOYMENTS, "web"), (STATEFUL_SETS, "store"), (DAEMON_SETS, "agent"), (REPLICA_SETS, "bare")):
        await shop.make(kind, name, 2)
    await shop.make_pod("alone")
    metadata = {"labels": {"app": "batch"}, "annotations": {"development.trimtab.io/run-for": "600s"}}
    container = {"name": "app", "image": "app", "resources": RESOURCES}
    pod_spec: dict[str, Any] = {"containers": [container], "nodeSelector": {"test/shop": shop.namespace}}
    job = {"template": {"metadata": metadata, "spec": {**pod_spec, "restartPolicy": "Never"}}}
    await shop.api.request("POST", JOBS.path(shop.namespace), body={"metadata": {"name": "batch"}, "spec": job})
    nightly = {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": job}}
    body = {"metadata": {"name": "nightly"}, "spec": nightly}
    await shop.api.request("POST", CRON_JOBS.path(shop.namespace), body=body)
    await until(lambda: shop.ready("batch", 1))
    # kwok does one thing to a pod at a time: that of a Job may be waiting for its end, and takes no size before.
    assert told(await world.give(world.command("batch")))[0] in (("applied", ""), ("failed", "not_actuated"))
    for name in ("web", "store", "agent@c5.large", "bare", "alone", "nightly"):
        assert told(await world.give(world.command(name))) == [("applied", "")], name


async def _lease(kubeconfig: Path, name: str) -> None:
    """Made, then renewed until it is given up."""
    api = await Api.open(kubeconfig)
    election = Election(api, "trimtab", f"{name}-{secrets.token_hex(3)}", "one")
    await election.win()
    await election.release()
    await api.close()
