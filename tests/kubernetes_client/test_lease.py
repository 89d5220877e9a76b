"""Leader election: one holder at a time, whatever the clocks say."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from agents.kubernetes.lease import Election, LeaseLost
from engine.errors import UserError
from tests.kubernetes_client.server import serving, status

DURATION_S = 0.6


class Leases:
    """One lease, kept as an API server keeps it: a write that is based on another version is refused."""

    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self.version = 0
        self.failing = False
        self.hanging = False
        self.holders: list[str] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if self.hanging:
            await asyncio.sleep(60)
        if self.failing:
            return status(500, "InternalError")
        if request.method == "GET":
            return status(404, "NotFound") if self.lease is None else web.json_response(self.lease)
        body = await request.json()
        if request.method == "POST" and self.lease is not None:
            return status(409, "AlreadyExists")
        if request.method == "PUT" and body["metadata"]["resourceVersion"] != str(self.version):
            return status(409, "Conflict")
        self.version += 1
        body["metadata"]["resourceVersion"] = str(self.version)
        self.lease = body
        self.holders.append(body["spec"]["holderIdentity"])
        return web.json_response(body)


async def test_one_of_two_wins_and_the_other_follows_when_it_releases() -> None:
    leases = Leases()
    async with serving(leases.answer) as api:
        one, two = (Election(api, "trimtab", "collector", name, DURATION_S) for name in ("one", "two"))
        await one.win()
        waiting = asyncio.create_task(two.win())
        holding = asyncio.create_task(one.hold())
        await asyncio.sleep(2 * DURATION_S)
        assert not waiting.done()
        assert set(leases.holders) == {"one"}
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)
        await one.release()
        async with asyncio.timeout(DURATION_S):
            await waiting
    assert leases.holders[-1] == "two"


async def test_a_holder_that_died_is_followed_after_the_duration_and_not_before() -> None:
    leases = Leases()
    async with serving(leases.answer) as api:
        await Election(api, "trimtab", "collector", "dead", DURATION_S).win()
        began = asyncio.get_running_loop().time()
        await Election(api, "trimtab", "collector", "next", DURATION_S).win()
        assert asyncio.get_running_loop().time() - began >= DURATION_S


async def test_a_renew_time_of_another_clock_means_nothing() -> None:
    """Whatever time the record says that it was renewed at: what counts is that it changes."""
    leases = Leases()
    async with serving(leases.answer) as api:
        one = Election(api, "trimtab", "collector", "one", DURATION_S)
        await one.win()
        assert leases.lease is not None
        leases.lease["spec"]["renewTime"] = "2001-01-01T00:00:00.000000Z"
        holding = asyncio.create_task(one.hold())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2 * DURATION_S):
                await Election(api, "trimtab", "collector", "two", DURATION_S).win()
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)
    assert set(leases.holders) == {"one"}


@pytest.mark.parametrize("how", ["failing", "hanging"])
async def test_a_holder_that_cannot_renew_gives_up_before_another_may_begin(how: str) -> None:
    leases = Leases()
    async with serving(leases.answer) as api:
        one = Election(api, "trimtab", "collector", "one", DURATION_S)
        await one.win()
        began = asyncio.get_running_loop().time()
        setattr(leases, how, True)
        with pytest.raises(LeaseLost):
            await one.hold()
        assert asyncio.get_running_loop().time() - began < DURATION_S


async def test_an_account_without_leases_is_told_so() -> None:
    async def forbidden(request: web.Request) -> web.StreamResponse:
        return status(403, "Forbidden")

    async with serving(forbidden) as api:
        with pytest.raises(UserError, match="leases in namespace trimtab"):
            await Election(api, "trimtab", "collector", "one", DURATION_S).win()
