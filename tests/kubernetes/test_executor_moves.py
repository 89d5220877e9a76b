"""Moves to other machines, on kwok's nodes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from agents.executor.kubernetes.moves import terms_of, terms_with
from agents.kubernetes.resources import DEPLOYMENTS
from engine.messages import Command
from tests.kubernetes.shop import LARGE, SMALL
from tests.kubernetes.world import World, tell, told

pytestmark = pytest.mark.kubernetes
TYPE = "node.kubernetes.io/instance-type"
THEIRS = {"key": "kubernetes.io/os", "operator": "DoesNotExist"}


def move(world: World, to: str, **changes: Any) -> Command:
    usual = {"action": "move", "target": SMALL, "move_to": to, "may_restart": True}
    return world.command(**{**usual, **changes})


async def nodes(world: World) -> set[str]:
    return {pod.spec.node_name.rpartition("-")[2] for pod in await world.shop.pods("web")}


def test_there_when_the_machine_comes_and_on_to_another(kubeconfig: Path, tmp_path: Path) -> None:
    """The user's own affinity stays. A resize afterwards leaves the machines alone."""

    async def story(world: World) -> None:
        required = {"nodeSelectorTerms": [{"matchExpressions": [THEIRS]}]}
        affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
        await world.shop.make(DEPLOYMENTS, "web", 2, pod_spec={"affinity": affinity})
        giving = asyncio.create_task(world.give(move(world, "c5.large")))
        await asyncio.sleep(2.0)
        assert not giving.done()
        assert "1" in await nodes(world)  # they serve until the others do
        await world.shop.make_node(2, "c5.large")
        assert told(await giving) == [("applied", "")]
        assert await nodes(world) == {"2"}
        await world.shop.make_node(3, "r5.large")
        assert told(await world.give(move(world, "r5.large"))) == [("applied", "")]
        assert await nodes(world) == {"3"}
        wanted = {"key": TYPE, "operator": "In", "values": ["r5.large"]}
        terms = [{"matchExpressions": [THEIRS, wanted]}]
        assert terms_of(await world.shop.owner("web")) == terms
        assert told(await world.give(world.command())) == [("applied", "")]
        assert await world.shop.sizes("web") == [LARGE] * 2
        assert terms_of(await world.shop.owner("web")) == terms
        assert await nodes(world) == {"3"}

    tell(kubeconfig, tmp_path, story, move_patience_s=60.0)


def test_back_where_no_machine_comes(kubeconfig: Path, tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.shop.make(DEPLOYMENTS, "web", 2)
        (outcome,) = await world.give(move(world, "x9.huge"))
        assert (outcome.status, outcome.reason) == ("failed", "unschedulable")
        assert terms_of(await world.shop.owner("web")) == []
        assert await nodes(world) == {"1"}
        assert await world.shop.sizes("web") == [SMALL] * 2

    tell(kubeconfig, tmp_path, story, move_patience_s=4.0)


def test_policy(kubeconfig: Path, tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.shop.make(DEPLOYMENTS, "web", 1, annotations={"trimtab.io/families": "m5, r5"})
        assert told(await world.give(move(world, "c5.large"))) == [("refused", "policy_forbids")]
        assert told(await world.give(move(world, "r5.large", may_restart=False))) == [("refused", "needs_restart")]

    tell(kubeconfig, tmp_path, story)


def test_terms() -> None:
    ours = {"key": "t", "operator": "In", "values": ["a"]}
    assert terms_with([{"matchExpressions": [THEIRS, ours]}], "t", "", {"a"}) == [{"matchExpressions": [THEIRS]}]
    assert terms_with([{"matchExpressions": [ours]}], "t", "", {"a"}) == []
    fields = {"matchFields": [{"key": "metadata.name"}], "matchExpressions": [ours]}
    assert terms_with([fields], "t", "", {"a"}) == [{"matchFields": [{"key": "metadata.name"}]}]
    user = {"key": "t", "operator": "In", "values": ["a", "b"]}
    assert terms_with([{"matchExpressions": [user]}], "t", "b", {"a"})[0]["matchExpressions"][0] == user
