"""A worker that cannot prove its membership publishes nothing."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.protocol.group import HeartbeatRequest, SyncGroupRequest
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.produce import ProduceRequest

from engine.shell.adapter import fence, observe_heartbeats
from engine.shell.exits import ZOMBIE
from engine.shell.membership import Membership


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_membership_is_proven_for_a_while_after_each_answer() -> None:
    clock = Clock()
    membership = Membership(valid_s=4.0, clock=clock)
    assert not membership.proven(), "never before the first answer"
    membership.answered(sent=99.0)
    clock.now = 102.9
    assert membership.proven()
    clock.now = 103.0
    assert not membership.proven()
    membership.answered(sent=90.0)  # an answer to an old question proves nothing new
    assert membership.age() == 4.0


def test_confirm_waits_for_the_next_answer() -> None:
    membership = Membership(valid_s=4.0, clock=Clock())

    async def scenario() -> None:
        waiting = asyncio.create_task(membership.confirm())
        await asyncio.sleep(0.05)
        assert not waiting.done()
        membership.answered(sent=100.0)
        await asyncio.wait_for(waiting, 1.0)

    asyncio.run(scenario())


class Client:
    """Records the requests that reach the socket."""

    def __init__(self) -> None:
        self.sent: list[object] = []

    async def ready(self, node_id: int, **_: Any) -> bool:
        return True

    async def send(self, node_id: int, request: object, **_: Any) -> None:
        self.sent.append(request)


def test_a_produce_request_is_held_until_membership_is_proven_and_others_are_not() -> None:
    client, membership = Client(), Membership(valid_s=4.0, clock=Clock())
    fence(client, membership)
    produce = ProduceRequest(transactional_id=None, required_acks=-1, timeout=1000, topics=[])
    metadata = MetadataRequest([])

    async def scenario() -> None:
        held = asyncio.create_task(client.send(1, produce))
        await client.send(1, metadata)
        await asyncio.sleep(0.05)
        assert client.sent == [metadata]
        membership.answered(sent=100.0)
        await asyncio.wait_for(held, 1.0)
        assert client.sent == [metadata, produce]

    asyncio.run(scenario())


@pytest.mark.parametrize(("error_code", "proven"), [(0, True), (27, True), (15, False)])
@pytest.mark.parametrize("request_type", ["heartbeat", "sync"])
def test_answers_of_the_coordinator_are_observed(request_type: str, error_code: int, proven: bool) -> None:
    membership = Membership(valid_s=60.0)
    request = HeartbeatRequest("g", 1, "m") if request_type == "heartbeat" else SyncGroupRequest("g", 1, "m", None, [])

    async def answer(_: object) -> object:
        return SimpleNamespace(error_code=error_code)

    coordinator = SimpleNamespace(_send_req=answer)
    observe_heartbeats(coordinator, membership)
    asyncio.run(coordinator._send_req(request))
    assert membership.proven() is proven


def test_an_evicted_worker_ends_at_once_with_a_line_that_says_so() -> None:
    program = "from engine.shell.membership import Membership as M; M(4.0).evicted('unknown member'); print('alive')"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == ZOMBIE
    assert "zombie_exit" in ended.stdout + ended.stderr
    assert "alive" not in ended.stdout


def test_a_worker_that_leaves_on_purpose_is_no_zombie() -> None:
    membership = Membership(valid_s=4.0)
    membership.leaving = True
    membership.evicted("unknown member")
