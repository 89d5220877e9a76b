"""Faults between executor and API server. What must hold: no patch twice, none on another pod, no pod between sizes.

The generation of a pod counts the changes of its spec: 2 is that of one that was resized once.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web
from msgspec.structs import replace

from agents.executor.kubernetes.target import KubernetesTarget
from agents.executor.webhook.certificate import made
from agents.kubernetes.connection import Api
from agents.kubernetes.resources import DEPLOYMENTS, PODS, STATEFUL_SETS
from engine.codec import decode_event, encode
from engine.control_plane.development import DevelopmentCluster
from engine.messages import Outcome
from tests.kubernetes.between import Between, between, for_ever, refusal
from tests.kubernetes.shop import LARGE, SMALL, Shop, audited, until
from tests.kubernetes.world import World, tell, told

pytestmark = pytest.mark.kubernetes


Story = Callable[[World, Between], Awaitable[None]]


def tell_between(cluster: DevelopmentCluster, folder: Path, story: Story) -> None:
    """The story's executor reaches the server through the man in the middle; its shop does not. In the end the server's
    own audit log has each pod's resize once."""
    kubeconfig = cluster.kubeconfig

    async def with_middle(world: World) -> None:
        async with between(kubeconfig, folder) as middle:
            target = KubernetesTarget(await Api.open(middle.kubeconfig), patience_s=10.0)
            through = World(world.shop, target, folder / "through.sqlite")
            try:
                await story(through, middle)
                resizes = audited(cluster.audit_log, world.shop.namespace)
                assert set(resizes.values()) == {1}, resizes
            finally:
                await through.executor.stop()
                await target.close()

    tell(kubeconfig, folder, with_middle)


async def generations(shop: Shop, name: str = "web") -> list[int]:
    return [pod.metadata.generation for pod in await shop.pods(name)]


def test_409_on_every_second_patch(cluster: DevelopmentCluster, tmp_path: Path) -> None:
    async def story(world: World, middle: Between) -> None:
        patches = 0

        async def every_second(request: web.Request) -> web.StreamResponse | None:
            nonlocal patches
            patches += request.method == "PATCH"
            return refusal(409, "Conflict") if request.method == "PATCH" and patches % 2 else None

        middle.fault = every_second
        await world.shop.make(DEPLOYMENTS, "web", 5)
        assert told(await world.give(world.command())) == [("applied", "")]
        assert await world.shop.sizes("web") == [LARGE] * 5
        assert await generations(world.shop) == [2] * 5
        assert (len(middle.patched()), patches) == (5, 22)  # owner, 5 annotations, 5 resizes, each refused once

    tell_between(cluster, tmp_path, story)


def test_429_with_retry_after(cluster: DevelopmentCluster, tmp_path: Path) -> None:
    async def story(world: World, middle: Between) -> None:
        refused: dict[str, float] = {}
        waited: list[float] = []

        async def first_of_each(request: web.Request) -> web.StreamResponse | None:
            if request.method != "PATCH":
                return None
            if request.path in refused:
                waited.append(time.monotonic() - refused[request.path])
                return None
            refused[request.path] = time.monotonic()
            return refusal(429, "TooManyRequests", **{"Retry-After": "1"})

        middle.fault = first_of_each
        await world.shop.make(DEPLOYMENTS, "web", 3)
        assert told(await world.give(world.command())) == [("applied", "")]
        assert await generations(world.shop) == [2] * 3
        assert min(waited) >= 1.0

    tell_between(cluster, tmp_path, story)


def test_answers_that_are_lost(cluster: DevelopmentCluster, tmp_path: Path) -> None:
    """Each patch takes effect and its first answer is lost: sent again, it is refused as stale, and read."""

    async def story(world: World, middle: Between) -> None:
        lost: set[str] = set()

        async def lose(request: web.Request) -> web.StreamResponse | None:
            if request.method != "PATCH" or request.path in lost:
                return None
            lost.add(request.path)
            assert request.transport is not None
            request.transport.close()
            return web.Response()

        middle.after = lose
        await world.shop.make(DEPLOYMENTS, "web", 3)
        assert told(await world.give(world.command())) == [("applied", "")]
        assert await world.shop.sizes("web") == [LARGE] * 3
        assert await generations(world.shop) == [2] * 3
        assert (len(lost), len(middle.patched())) == (7, 3)

    tell_between(cluster, tmp_path, story)


def test_watches_that_end_at_once(cluster: DevelopmentCluster, tmp_path: Path) -> None:
    async def story(world: World, middle: Between) -> None:
        ended = 0

        async def end(request: web.Request) -> web.StreamResponse | None:
            nonlocal ended
            if "watch" not in request.query:
                return None
            ended += 1
            assert request.transport is not None
            request.transport.close()
            return web.Response()

        middle.fault = end
        await world.shop.make(DEPLOYMENTS, "web", 2)
        assert told(await world.give(world.command())) == [("applied", "")]
        assert ended >= 2

    tell_between(cluster, tmp_path, story)


def test_a_pod_that_is_replaced_under_the_same_name(cluster: DevelopmentCluster, tmp_path: Path) -> None:
    """web-0 was judged; another web-0 is there when it is patched. It is passed over, and then sized as itself."""

    async def story(world: World, middle: Between) -> None:
        shop = world.shop
        await shop.make(STATEFUL_SETS, "web", 2)
        old = (await shop.pods("web"))[0].metadata

        async def replaced() -> bool:
            pods = await shop.pods("web")
            return len(pods) == 2 and pods[0].metadata.uid != old.uid and pods[0].status.phase == "Running"

        async def replace_pod(request: web.Request) -> web.StreamResponse | None:
            if request.method == "PATCH" and "statefulsets" in request.path:
                await shop.api.request("DELETE", PODS.path(old.namespace, old.name))
                await until(replaced)
            return None

        middle.after = replace_pod
        assert told(await world.give(world.command())) == [("applied", "")]
        assert await shop.sizes("web") == [LARGE] * 2
        assert await generations(shop) == [2, 2]
        assert middle.statuses("PATCH", f"/{old.name}")[0] == 409

    tell_between(cluster, tmp_path, story)


def test_a_bare_pod_that_is_replaced_is_not_touched(kubeconfig: Path, tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.shop.make_pod("web")
        command = world.command()
        found = await world.target.look(command.container)
        assert found is not None
        await world.shop.api.request("DELETE", PODS.path(world.shop.namespace, "web"), {"gracePeriodSeconds": "0"})

        async def gone() -> bool:
            return not await world.shop.pods("web")

        await until(gone)
        await world.shop.make_pod("web")
        with pytest.raises(Exception, match="another has its name"):
            await world.target.apply(command, found)
        assert await generations(world.shop) == [1]
        assert (await world.shop.pods("web"))[0].metadata.annotations == {}

    tell(kubeconfig, tmp_path, story)


@pytest.mark.parametrize("moment", ["before_annotation", "before_resize", "after_resize"])
def test_killed_and_started_again(cluster: DevelopmentCluster, tmp_path: Path, moment: str) -> None:
    """SIGKILL of a real process: while the first pod's annotation or resize is held on its way, or its answer is."""

    async def story(world: World, middle: Between) -> None:
        await world.shop.make(DEPLOYMENTS, "web", 3)
        held = asyncio.Event()

        async def hold(request: web.Request) -> web.StreamResponse | None:
            resize = request.path.endswith("/resize")
            wanted = "/pods/" in request.path and resize == (moment != "before_annotation")
            if request.method == "PATCH" and wanted and not held.is_set():
                held.set()
                await for_ever()
            return None

        if moment == "after_resize":
            middle.after = hold
        else:
            middle.fault = hold
        command = world.command()
        files = [tmp_path / "killed.sqlite", tmp_path / "commands", tmp_path / "outcomes"]
        files[1].write_bytes(encode(command) + b"\n")
        first = await _start(middle, files)
        await asyncio.wait_for(held.wait(), 60.0)
        await asyncio.sleep(0.3)  # the others of its pods go on meanwhile
        first.kill()
        await first.wait()
        assert not files[2].exists()
        second = await _start(middle, files)
        assert await asyncio.wait_for(second.wait(), 60.0) == 0
        assert await world.shop.sizes("web") == [LARGE] * 3
        assert await generations(world.shop) == [2] * 3
        outcomes = [decode_event(line) for line in files[2].read_bytes().splitlines()]
        assert [(each.command_id, each.status) for each in outcomes if isinstance(each, Outcome)] == [
            (command.id, "applied")
        ]

    tell_between(cluster, tmp_path, story)


def test_what_another_machine_left_half_done(cluster: DevelopmentCluster, tmp_path: Path) -> None:
    """Killed between two pods, and its ledger is lost with its machine: the next executor finds it in the cluster."""

    async def story(world: World, middle: Between) -> None:
        await world.shop.make(DEPLOYMENTS, "web", 4)
        resizes = 0

        async def stop_after_two(request: web.Request) -> web.StreamResponse | None:
            nonlocal resizes
            resizes += request.path.endswith("/resize")
            if request.path.endswith("/resize") and resizes > 2:
                await for_ever()
            return None

        middle.fault = stop_after_two
        command = world.command()
        giving = asyncio.create_task(world.give(command))

        async def between_pods() -> bool:
            return resizes > 2 and len(middle.patched()) == 2

        await until(between_pods)
        giving.cancel()
        await asyncio.gather(giving, return_exceptions=True)
        await world.executor.stop()
        assert sorted(size.cpu_request or 0 for size in await world.shop.sizes("web") if size) == [0.1, 0.1, 0.4, 0.4]
        target = KubernetesTarget(await Api.open(cluster.kubeconfig), patience_s=10.0)
        other = World(world.shop, target, tmp_path / "other.sqlite")
        await other.executor.recover()
        await other.executor.settle()
        assert [(each.command_id, each.status) for each in other.outcomes] == [(command.id, "applied")]
        assert await world.shop.sizes("web") == [LARGE] * 4
        assert await generations(world.shop) == [2] * 4
        await target.close()

    tell_between(cluster, tmp_path, story)


async def _start(middle: Between, files: list[Path]) -> asyncio.subprocess.Process:
    arguments = [middle.kubeconfig, *files]
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.kubernetes.one_executor", *(str(each) for each in arguments)
    )


def test_two_executors_at_once(kubeconfig: Path, tmp_path: Path) -> None:
    """The same command to both: each finishes what the other began. Then different ones: one wins, whole."""

    async def story(world: World) -> None:
        await world.shop.make(DEPLOYMENTS, "web", 4)
        target = KubernetesTarget(await Api.open(kubeconfig), patience_s=5.0)
        other = World(world.shop, target, tmp_path / "other.sqlite")
        command = world.command()
        both = await asyncio.gather(world.give(command), other.give(command))
        assert [told(each) for each in both] == [[("applied", "")]] * 2
        assert await generations(world.shop) == [2] * 4
        back, on = (world.command(expected=LARGE, target=size) for size in (SMALL, replace(LARGE, cpu_request=0.5)))
        results = await asyncio.gather(world.give(back), other.give(on))
        statuses = sorted(told(each)[0][0] for each in results)
        assert statuses in (["applied", "refused"], ["applied", "failed"], ["applied", "applied"])
        intent = await world.shop.intent("web")
        assert intent is not None
        assert await world.shop.sizes("web") == [intent.size] * 4
        await target.close()

    tell(kubeconfig, tmp_path, story)


@pytest.mark.parametrize(("off_s", "expected"), [(600.0, ("refused", "expired")), (-600.0, ("applied", ""))])
def test_a_clock_that_is_ten_minutes_off(
    kubeconfig: Path, tmp_path: Path, off_s: float, expected: tuple[str, str]
) -> None:
    """A fast clock refuses too early; with a slow one, expiry comes late, and every other guard stands."""

    async def story(world: World) -> None:
        await world.shop.make(DEPLOYMENTS, "web", 2)

        def now_s() -> float:
            return time.time() + off_s

        target = KubernetesTarget(await Api.open(kubeconfig), patience_s=5.0, now_s=now_s)
        off = World(world.shop, target, tmp_path / "off.sqlite", now_s)
        command = world.command(valid_until_s=time.time() + 300.0)
        assert told(await off.give(command)) == [expected]
        applied = expected[0] == "applied"
        assert await generations(world.shop) == [2 if applied else 1] * 2
        await target.close()

    tell(kubeconfig, tmp_path, story)


def test_an_admission_webhook_that_hangs(kubeconfig: Path, tmp_path: Path) -> None:
    """Somebody's, that every resize must pass: the API server answers 500 after its timeout, until it is mended."""

    async def story(world: World) -> None:
        asked = 0

        async def hang(_: web.Request) -> web.Response:
            nonlocal asked
            asked += 1
            await for_ever()
            return web.Response()

        certificate = made(["127.0.0.1"])
        app = web.Application()
        app.router.add_post("/", hang)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=certificate.context()).start()
        await world.shop.make(DEPLOYMENTS, "web", 2)
        url = f"https://127.0.0.1:{runner.addresses[0][1]}/"
        path = await world.shop.ask_before_resizes(url, certificate.certificate)
        giving = asyncio.create_task(world.give(world.command()))
        await asyncio.sleep(4.0)
        assert not giving.done()
        await world.shop.api.request("DELETE", path)
        assert told(await giving) == [("applied", "")]
        assert asked >= 2
        assert await generations(world.shop) == [2] * 2
        await runner.cleanup()

    tell(kubeconfig, tmp_path, story)


def test_the_api_server_dies_in_the_middle(own_cluster: DevelopmentCluster, tmp_path: Path) -> None:
    """SIGKILLed when the first resize is done, back after some seconds: the others of the pods follow."""

    async def story(world: World, middle: Between) -> None:
        killed = asyncio.Event()

        async def kill(request: web.Request) -> web.StreamResponse | None:
            if request.path.endswith("/resize") and not killed.is_set():
                killed.set()
                own_cluster.kill_api_server()
            return None

        middle.after = kill
        await world.shop.make(DEPLOYMENTS, "web", 6)
        giving = asyncio.create_task(world.give(world.command()))
        await asyncio.wait_for(killed.wait(), 30.0)
        await asyncio.sleep(3.0)
        await asyncio.to_thread(own_cluster.start_api_server)
        assert told(await giving) == [("applied", "")]
        assert await world.shop.sizes("web") == [LARGE] * 6
        assert await generations(world.shop) == [2] * 6

    tell_between(own_cluster, tmp_path, story)
