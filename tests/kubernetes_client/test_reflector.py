"""List and watch, where the server, or the way to it, fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from aiohttp import web

from agents.kubernetes import reflector as module
from agents.kubernetes.pods import Pod
from agents.kubernetes.reflector import Reflector, pause_s
from agents.kubernetes.resources import PODS
from tests.kubernetes_client.server import Handler, page, pod, serving, status, stream

Nodes = Reflector[Pod, str]


@asynccontextmanager
async def running(handler: Handler, **options: Any) -> AsyncIterator[Nodes]:
    """A reflector that keeps each pod's node."""
    async with serving(handler) as api:
        reflector: Nodes = Reflector(api, PODS, lambda each: each.spec.node_name, **options)
        task = asyncio.create_task(reflector.run())
        try:
            yield reflector
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def until(holds: Any) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110  (what is waited for knows no event)
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.01)


def asked(request: web.Request) -> tuple[bool, str]:
    """Whether it is a watch, and from which version."""
    return "watch" in request.query, request.query.get("resourceVersion", "")


async def test_pages_are_put_together_and_the_watch_goes_on_from_the_list() -> None:
    watched: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        watch, version = asked(request)
        if watch:
            watched.append(version)
            return await stream(request, [("ADDED", pod("c", 12, "n3"))], hold_s=60)
        if request.query.get("continue") == "more":
            return page([pod("b", 4, "n2")], 10)
        return page([pod("a", 3, "n1")], 10, "more")

    async with running(handler) as reflector:
        await until(lambda: len(reflector.view) == 3)
        assert reflector.view == {"shop/a": "n1", "shop/b": "n2", "shop/c": "n3"}
    assert watched == ["10"]


async def test_a_watch_that_ends_goes_on_from_the_last_bookmark_without_a_list() -> None:
    lists, watched = 0, []

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal lists
        watch, version = asked(request)
        if not watch:
            lists += 1
            return page([], 1)
        watched.append(version)
        bookmark = {"metadata": {"resourceVersion": "77"}}
        return await stream(request, [("BOOKMARK", bookmark)] if len(watched) == 1 else [], 0.0 if lists == 1 else 1)

    async with running(handler):
        await until(lambda: len(watched) >= 2)
    assert watched[:2] == ["1", "77"]
    assert lists == 1


@pytest.mark.parametrize("how", ["as an event", "as an answer"])
async def test_a_forgotten_version_is_listed_again_and_what_went_meanwhile_is_told(how: str) -> None:
    lists = 0
    told: list[tuple[str, str | None, str | None]] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal lists
        watch, version = asked(request)
        if not watch:
            lists += 1
            return page([pod("a", 1, "n1"), pod("b", 1, "n1")], 5) if lists == 1 else page([pod("b", 8, "n2")], 9)
        if version != "5":
            return await stream(request, [], hold_s=60)
        if how == "as an answer":
            return status(410, "Expired")
        return await stream(request, [("ERROR", {"code": 410, "reason": "Expired", "message": "too old"})])

    async with running(handler, changed=lambda *change: told.append(change)) as reflector:
        await until(lambda: reflector.lists == 2)
        assert reflector.view == {"shop/b": "n2"}
    assert sorted(told[2:], key=str) == [("shop/a", "n1", None), ("shop/b", "n1", "n2")]


async def test_a_list_whose_page_token_expires_begins_again() -> None:
    first = True

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal first
        if "watch" in request.query:
            return await stream(request, [], hold_s=60)
        if "continue" in request.query and first:
            first = False
            return status(410, "Expired")
        return page([pod("b", 4)], 10) if "continue" in request.query else page([pod("a", 3)], 10, "more")

    async with running(handler) as reflector:
        await until(reflector.synced.is_set)
        assert set(reflector.view) == {"shop/a", "shop/b"}


async def test_while_the_server_fails_the_last_view_stays_and_its_age_is_known() -> None:
    failing = False

    async def handler(request: web.Request) -> web.StreamResponse:
        if failing:
            return status(503, "ServiceUnavailable")
        if "watch" in request.query:
            return await stream(request, [], hold_s=0.05)
        return page([pod("a", 1, "n1")], 1)

    async with running(handler) as reflector:
        await until(reflector.synced.is_set)
        assert reflector.age_s() == 0.0
        failing = True
        await until(lambda: reflector.problem is not None and reflector.age_s() > 0)
        assert reflector.view == {"shop/a": "n1"}
        failing = False
        await until(lambda: reflector.problem is None)
        assert reflector.age_s() == 0.0
        assert reflector.lists == 1


async def test_what_throttles_says_when_to_come_back() -> None:
    times: list[float] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        times.append(asyncio.get_running_loop().time())
        if len(times) == 1:
            return status(429, "TooManyRequests", **{"Retry-After": "1"})
        return await stream(request, [], hold_s=60) if "watch" in request.query else page([], 1)

    async with running(handler) as reflector:
        await until(reflector.synced.is_set)
    assert times[1] - times[0] >= 1.0


async def test_an_object_that_cannot_be_read_leaves_what_is_known_of_it() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        if "watch" not in request.query:
            return page([pod("a", 1, "n1")], 1)
        odd = {"metadata": {"name": "a", "namespace": "shop", "resourceVersion": "2"}, "spec": {"nodeName": 7}}
        return await stream(request, [("MODIFIED", odd), ("ADDED", pod("b", 3, "n2"))], hold_s=60)

    async with running(handler) as reflector:
        await until(lambda: "shop/b" in reflector.view)
        assert reflector.view["shop/a"] == "n1"
        assert reflector.unreadable == 1


async def test_an_object_longer_than_a_buffer_comes_whole() -> None:
    long = pod("a", 2, "n" * 3_000_000)

    async def handler(request: web.Request) -> web.StreamResponse:
        if "watch" not in request.query:
            return page([], 1)
        return await stream(request, [("ADDED", long)], hold_s=60)

    async with running(handler) as reflector:
        await until(lambda: "shop/a" in reflector.view)
        assert len(reflector.view["shop/a"]) == 3_000_000


def test_pauses_grow_up_to_half_a_minute() -> None:
    assert 0.005 <= pause_s(1) <= 0.015
    assert 15.0 <= pause_s(50) <= 45.0
