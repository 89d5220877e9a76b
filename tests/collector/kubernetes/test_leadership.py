"""Who may write, and what of the past still holds, by who led before."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from aiohttp import web

from agents.collector.message import Message
from agents.collector.sources.kubernetes import leadership
from agents.collector.sources.kubernetes.job import _told_until_s
from agents.collector.sources.kubernetes.leadership import Leadership
from agents.collector.sources.kubernetes.source import TOLD
from agents.collector.spool import Spool
from agents.kubernetes.connection import Api
from agents.kubernetes.lease import Election
from tests.kubernetes_client.server import serving
from tests.kubernetes_client.test_lease import Leases

DURATION_S = 0.6
EARLIER_S = 1000.0


def spool_in(folder: Path) -> Spool:
    """With a message that is unsent, and told up to some time."""
    spool = Spool(folder / "spool.sqlite", 2**20, 3600.0)
    spool.put([Message(0, "shop/0", "metrics", 3, EARLIER_S, b"{}")], time.time(), {TOLD: EARLIER_S})
    return spool


async def led(api: Api, identity: str, spool: Spool, release: bool) -> float:
    """Leads for a moment, and says since when events are to be told."""
    election = Election(api, "trimtab", "collector", identity, DURATION_S)
    await election.win()
    leader = Leadership(election)
    since_s = _told_until_s(spool, leader)
    if release:
        await election.release()
    return since_s


async def test_the_past_holds_for_the_one_that_led_last(tmp_path: Path) -> None:
    """After a crash and after a clean stop; not when another led in between, and not for one that never led."""
    spool = spool_in(tmp_path)
    async with serving(Leases().answer) as api:
        await led(api, "me", spool, release=False)
        spool.put([Message(0, "shop/0", "metrics", 3, EARLIER_S, b"{}")], time.time(), {TOLD: EARLIER_S})
        assert await led(api, "me", spool, release=False) == EARLIER_S  # a crash
        assert await led(api, "me", spool, release=True) == EARLIER_S
        assert await led(api, "me", spool, release=True) == EARLIER_S  # a clean stop
        assert spool.waiting().messages == 1
        other = spool_in(tmp_path_of(tmp_path, "other"))
        before_s = time.time()
        assert before_s - 5.0 < await led(api, "other", other, release=True) <= time.time()
        assert other.waiting().messages == 0
        assert other.counters()["messages_dropped"] >= 1
        assert await led(api, "me", spool, release=True) != EARLIER_S
        assert spool.waiting().messages == 0
    other.close()
    spool.close()


def tmp_path_of(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


async def test_a_process_that_slept_through_its_lease_does_not_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever runs first when it wakes: the look at the lease is before each send, and does not ask anyone."""
    ended: list[str] = []
    monkeypatch.setattr(leadership, "end_at_once", lambda: ended.append("ended"))
    async with serving(Leases().answer) as api:
        election = Election(api, "trimtab", "collector", "me", DURATION_S)
        await election.win()
        leader = Leadership(election)
        leader.fence()
        assert ended == []
        time.sleep(DURATION_S)  # noqa: ASYNC251 - nothing of this process runs
        leader.fence()
        assert ended == ["ended"]
        await asyncio.sleep(0.0)


async def test_a_lease_that_cannot_be_renewed_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = asyncio.Event()
    monkeypatch.setattr(leadership, "end_at_once", ended.set)
    leases, away = Leases(), False

    async def handler(request: web.Request) -> web.StreamResponse:
        if away:
            raise web.HTTPServiceUnavailable
        return await leases.answer(request)

    async with serving(handler) as api:
        election = Election(api, "trimtab", "collector", "me", DURATION_S)
        await election.win()
        holding = asyncio.create_task(Leadership(election)._hold(election))
        await asyncio.sleep(DURATION_S)
        assert not ended.is_set()
        away = True
        await asyncio.wait_for(ended.wait(), DURATION_S)
        await holding
