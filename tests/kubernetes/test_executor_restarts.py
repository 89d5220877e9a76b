"""Where a size needs new pods: by the template, within budgets, and back when they do not come."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from agents.kubernetes.connection import STRATEGIC_PATCH
from agents.kubernetes.resources import DEPLOYMENTS, DISRUPTION_BUDGETS, STATEFUL_SETS
from engine.gitops.overlay import patch
from engine.gitops.wanted import Change
from engine.messages import Command
from tests.kubernetes.shop import LARGE, SMALL, until
from tests.kubernetes.world import World, tell, told

pytestmark = pytest.mark.kubernetes
UNLIMITED = replace(LARGE, memory_limit=None)
"""A limit cannot be taken off a running pod."""


def restart(world: World, **changes: Any) -> Command:
    return world.command(**{"target": UNLIMITED, "may_restart": True, **changes})


@pytest.mark.parametrize("kind", [DEPLOYMENTS, STATEFUL_SETS], ids=lambda kind: kind.name)
def test_by_the_template(kubeconfig: Path, tmp_path: Path, kind: Any) -> None:
    async def story(world: World) -> None:
        await world.shop.make(kind, "web", 3)
        before = {pod.metadata.uid for pod in await world.shop.pods("web")}
        command = restart(world)
        assert told(await world.give(command)) == [("applied", "")]
        pods = await world.shop.pods("web")
        assert [pod.size("app") for pod in pods] == [UNLIMITED] * 3
        assert not before & {pod.metadata.uid for pod in pods}
        assert all(command.id in pod.metadata.annotations["applied.trimtab.io/app"] for pod in pods)
        # In place afterwards: what is ours of the template stays as it is, and nothing rolls out again.
        wider = replace(UNLIMITED, cpu_request=0.6)
        assert told(await world.give(world.command(expected=UNLIMITED, target=wider))) == [("applied", "")]
        after = await world.shop.pods("web")
        assert [(pod.metadata.uid, pod.size("app")) for pod in after] == [(pod.metadata.uid, wider) for pod in pods]
        assert (await world.shop.owner("web", kind)).template_size("app") == UNLIMITED

    tell(kubeconfig, tmp_path, story, restart_patience_s=60.0)


def test_without_leave_nothing_restarts(kubeconfig: Path, tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.shop.make(DEPLOYMENTS, "web", 1)
        (outcome,) = await world.give(restart(world, may_restart=False))
        assert (outcome.reason, outcome.detail) == ("needs_restart", "memory_limit cannot be taken off a running pod")

    tell(kubeconfig, tmp_path, story)


def test_where_a_node_can_never_hold_it_new_pods_go_elsewhere(kubeconfig: Path, tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.shop.make(DEPLOYMENTS, "web", 2)
        await world.shop.kubelets_say("web", "infeasible")
        before = {pod.metadata.uid for pod in await world.shop.pods("web")}
        assert told(await world.give(restart(world, target=LARGE))) == [("applied", "")]
        assert await world.shop.sizes("web") == [LARGE] * 2
        assert not before & {pod.metadata.uid for pod in await world.shop.pods("web")}

    tell(kubeconfig, tmp_path, story, restart_patience_s=60.0)


def test_a_resize_that_restarts_the_container_needs_leave(kubeconfig: Path, tmp_path: Path) -> None:
    """Then it is done in place, by the same pods."""

    async def story(world: World) -> None:
        policy = {"resizePolicy": [{"resourceName": "memory", "restartPolicy": "RestartContainer"}]}
        await world.shop.make(DEPLOYMENTS, "web", 2, container=policy)
        before = {pod.metadata.uid for pod in await world.shop.pods("web")}
        in_place = restart(world, target=LARGE)
        assert told(await world.give(replace(in_place, may_restart=False))) == [("refused", "needs_restart")]
        assert told(await world.give(replace(in_place, id="f" * 16))) == [("applied", "")]
        assert {pod.metadata.uid for pod in await world.shop.pods("web")} == before
        only_cpu = replace(LARGE, cpu_request=0.2)
        assert told(await world.give(world.command(expected=LARGE, target=only_cpu))) == [("applied", "")]

    tell(kubeconfig, tmp_path, story)


def test_a_rollout_that_does_not_come_goes_back(kubeconfig: Path, tmp_path: Path) -> None:
    """The node has 16 cores."""

    async def story(world: World) -> None:
        await world.shop.make(DEPLOYMENTS, "web", 2)
        huge = replace(UNLIMITED, cpu_request=20.0)
        (outcome,) = await world.give(restart(world, target=huge))
        assert (outcome.status, outcome.reason) == ("failed", "rollout_failed")
        owner = await world.shop.owner("web")
        assert owner.template_size("app") == SMALL

        async def as_before() -> bool:
            return await world.shop.sizes("web") == [SMALL] * 2

        await until(as_before)

    tell(kubeconfig, tmp_path, story, restart_patience_s=3.0)


def test_what_others_set_during_the_rollout_stands(kubeconfig: Path, tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.shop.make(DEPLOYMENTS, "web", 2)
        giving = asyncio.create_task(world.give(restart(world, target=replace(UNLIMITED, cpu_request=20.0))))
        await asyncio.sleep(2.0)
        await world.shop.set_template(DEPLOYMENTS, "web", {"requests": {"cpu": "300m"}}, manager="argocd-controller")
        assert told(await giving) == [("failed", "drifted_by_others")]

        async def as_they_want() -> bool:
            return {size.cpu_request for size in await world.shop.sizes("web") if size} == {0.3}

        await until(as_they_want)
        assert (await world.shop.owner("web")).template_size("app") == replace(UNLIMITED, cpu_request=0.3)

    tell(kubeconfig, tmp_path, story, restart_patience_s=20.0)


def test_a_disruption_budget_is_respected(kubeconfig: Path, tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.shop.make(DEPLOYMENTS, "web", 2)
        path = DISRUPTION_BUDGETS.path(world.shop.namespace)
        spec = {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}}
        await world.shop.api.request("POST", path, body={"metadata": {"name": "keep"}, "spec": spec})
        (outcome,) = await world.give(restart(world))
        assert (outcome.reason, outcome.detail) == ("disruption_budget", "keep allows no disruption")
        assert told(await world.give(world.command())) == [("applied", "")]  # in place nothing is disrupted

    tell(kubeconfig, tmp_path, story)


def test_one_workload_at_a_time(kubeconfig: Path, tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.shop.make(DEPLOYMENTS, "web", 2)
        await world.shop.make(DEPLOYMENTS, "api", 2)
        giving = asyncio.create_task(world.give(restart(world), restart(world, workload="api")))
        both: list[bool] = []
        while not giving.done():
            owners = [(await world.shop.owner(name)).workload for name in ("web", "api")]
            states = [each.status for each in owners]
            both.append(all(each.updated_replicas < 2 or each.available_replicas < 2 for each in states))
            await asyncio.sleep(0.02)
        assert told(await giving) == [("applied", "")] * 2
        assert not any(both)

    tell(kubeconfig, tmp_path, story, restart_patience_s=60.0)


def test_an_exported_patch_is_what_the_api_server_takes(kubeconfig: Path, tmp_path: Path) -> None:
    """A patch of `trimtab export gitops`, as kustomize merges it into the base."""

    async def story(world: World) -> None:
        await world.shop.make(DEPLOYMENTS, "web", 1)
        change = Change("shop", "web", "Deployment", "app", SMALL, UNLIMITED, 0.0, "")
        body = patch("Deployment", "web", [change])
        path = DEPLOYMENTS.path(world.shop.namespace, "web")
        await world.shop.api.request("PATCH", path, None, body, STRATEGIC_PATCH)
        assert (await world.shop.owner("web")).template_size("app") == UNLIMITED

    tell(kubeconfig, tmp_path, story)
