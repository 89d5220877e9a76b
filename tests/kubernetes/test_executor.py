"""The executor on a real API server: in place, back, refused."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from agents.kubernetes.resources import DAEMON_SETS, DEPLOYMENTS, STATEFUL_SETS
from tests.kubernetes.shop import LARGE, MIB, SMALL, until
from tests.kubernetes.world import World, tell, told

pytestmark = pytest.mark.kubernetes



def test_all_replicas_are_resized_in_place(kubeconfig: Path, tmp_path: Path) -> None:
    async def story(world: World) -> None:
        spread: dict[str, Any] = {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}}
        await world.shop.make(DEPLOYMENTS, "web", 3, pod_spec={"affinity": spread})
        before = [pod.metadata.uid for pod in await world.shop.pods("web")]
        command = world.command()
        (outcome,) = await world.give(command)
        assert (outcome.status, outcome.reason, outcome.size) == ("applied", "", LARGE)
        pods = await world.shop.pods("web")
        assert [pod.size("app") for pod in pods] == [LARGE] * 3
        assert [pod.metadata.uid for pod in pods] == before
        assert all(pod.metadata.generation == 2 for pod in pods)  # one patch each
        intent = await world.shop.intent("web")
        assert intent is not None
        assert (intent.command, intent.size, intent.why) == (command.id, LARGE, "resize_up: test")
        (again,) = await world.give(replace(command, id="0" * 16))
        assert told([again]) == [("refused", "unchanged")]

    tell(kubeconfig, tmp_path, story)


@pytest.mark.parametrize("kind", [STATEFUL_SETS, DAEMON_SETS], ids=lambda kind: kind.name)
def test_other_owners(kubeconfig: Path, tmp_path: Path, kind: Any) -> None:
    async def story(world: World) -> None:
        await world.shop.make_node(2, "c5.large")
        await world.shop.make(kind, "web", 2)
        name = "web@c5.large" if kind is DAEMON_SETS else "web"
        assert told(await world.give(world.command(name))) == [("applied", "")]
        sizes = [pod.size("app") for pod in sorted(await world.shop.pods("web"), key=lambda pod: pod.spec.node_name)]
        assert sizes == ([SMALL, LARGE] if kind is DAEMON_SETS else [LARGE, LARGE])

    tell(kubeconfig, tmp_path, story)


@pytest.mark.parametrize("kubelet", ["infeasible", "deferred"])
def test_what_one_replica_cannot_follow_is_taken_back_from_all(kubeconfig: Path, tmp_path: Path, kubelet: str) -> None:
    async def story(world: World) -> None:
        await world.shop.make(DEPLOYMENTS, "web", 3)
        await world.shop.kubelets_say("web", kubelet, most=1)
        command = world.command()
        assert told(await world.give(command)) == [("failed", kubelet)]
        assert await world.shop.sizes("web") == [SMALL] * 3
        intent = await world.shop.intent("web")
        assert intent is not None
        assert (intent.command, intent.size, intent.back) == (command.id, SMALL, kubelet)

    tell(kubeconfig, tmp_path, story)


def test_a_pod_of_nobody(kubeconfig: Path, tmp_path: Path) -> None:
    """Its own annotation is the intent."""

    async def story(world: World) -> None:
        await world.shop.make_pod("web")
        assert told(await world.give(world.command())) == [("applied", "")]
        await world.shop.kubelets_say("web", "infeasible")
        back = world.command(expected=LARGE, target=SMALL)
        assert told(await world.give(back)) == [("failed", "infeasible")]
        assert await world.shop.sizes("web") == [LARGE]
        (pod,) = await world.shop.pods("web")
        assert f'"command":"{back.id}"' in pod.metadata.annotations["applied.trimtab.io/app"]

    tell(kubeconfig, tmp_path, story)


def test_a_kubelet_that_defers_and_then_has_room(kubeconfig: Path, tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.shop.make(DEPLOYMENTS, "web", 2)
        await world.shop.kubelets_say("web", "deferred")
        giving = asyncio.create_task(world.give(world.command()))
        await asyncio.sleep(1.0)
        assert not giving.done()
        await world.shop.kubelets_say("web", None)
        assert told(await giving) == [("applied", "")]

    tell(kubeconfig, tmp_path, story, patience_s=20.0)


def test_refusals_of_a_live_cluster(kubeconfig: Path, tmp_path: Path) -> None:
    async def story(world: World) -> None:
        shop = world.shop
        await shop.make(DEPLOYMENTS, "web", 2)
        gone = world.command("other")
        quality = world.command(target=replace(LARGE, cpu_limit=0.4, memory_request=256 * MIB))
        huge = world.command(target=replace(LARGE, cpu_request=9.0))
        bare_limit = world.command(target=replace(LARGE, memory_limit=None))
        for command, reason in (
            (gone, "unknown_container"),
            (quality, "qos_class"),
            (huge, "no_room"),
            (bare_limit, "needs_restart"),
        ):
            assert told(await world.give(command)) == [("refused", reason)]
        await shop.annotate(DEPLOYMENTS, "web", **{"trimtab.io/autopilot": "recommend"})
        assert told(await world.give(world.command())) == [("refused", "policy_forbids")]
        assert told(await world.give(world.command(approved=True))) == [("applied", "")]

    tell(kubeconfig, tmp_path, story)


def test_limits_and_quotas_of_the_namespace(kubeconfig: Path, tmp_path: Path) -> None:
    async def story(world: World) -> None:
        shop = world.shop
        await shop.make(DEPLOYMENTS, "web", 2)
        path = f"/api/v1/namespaces/{shop.namespace}"
        limits = {"limits": [{"type": "Container", "max": {"cpu": "300m"}, "default": {"cpu": "300m"}}]}
        await shop.api.request("POST", f"{path}/limitranges", body={"metadata": {"name": "l"}, "spec": limits})
        (outcome,) = await world.give(world.command())
        assert (outcome.reason, outcome.detail) == (
            "limit_range", "l, Container: cpu request expected at most 0.3, got 0.4"
        )  # fmt: skip
        await shop.api.request("DELETE", f"{path}/limitranges/l")
        quota = {"hard": {"requests.cpu": "500m"}}
        await shop.api.request("POST", f"{path}/resourcequotas", body={"metadata": {"name": "q"}, "spec": quota})

        async def counted() -> bool:
            return b'"used":{"requests.cpu":"200m"}' in await shop.api.get(f"{path}/resourcequotas/q")

        await until(counted)
        (outcome,) = await world.give(world.command())
        assert (outcome.reason, outcome.detail) == (
            "quota", "q, requests.cpu: 0.3 left of 500m, 0.6 more are wanted"
        )  # fmt: skip

    tell(kubeconfig, tmp_path, story)


def test_what_others_set_since_is_left_alone(kubeconfig: Path, tmp_path: Path) -> None:
    async def story(world: World) -> None:
        shop = world.shop
        await shop.make(DEPLOYMENTS, "web", 1)
        assert told(await world.give(world.command())) == [("applied", "")]
        await asyncio.sleep(1.1)  # managedFields have whole seconds
        await shop.set_template(DEPLOYMENTS, "web", {"requests": {"cpu": "700m"}}, manager="argocd-controller")

        async def rolled_out() -> bool:
            return {size.cpu_request for size in await shop.sizes("web") if size} == {0.7}

        await until(rolled_out)
        now = replace(SMALL, cpu_request=0.7)
        (outcome,) = await world.give(world.command(expected=now, target=LARGE))
        assert (outcome.status, outcome.reason) == ("refused", "drifted_by_others")
        assert outcome.detail.startswith("argocd-controller set the template, cpu_request 0.1 and 0.7")

    tell(kubeconfig, tmp_path, story)
