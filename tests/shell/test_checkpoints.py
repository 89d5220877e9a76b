"""The order of a checkpoint: outputs, rows, commit; and nothing is committed when one of them fails."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from engine.shell import checkpoints
from engine.shell.checkpoints import Checkpointer
from engine.shell.outbox import Headers, Message, Outbox, Records
from engine.shell.planner import Planner


class Died(BaseException):
    """Stands for the end of the process."""


class World:
    """Writes down what reaches Kafka, in order. A step named in `fails` raises."""

    def __init__(self, fails: str = "") -> None:
        self.steps: list[str] = []
        self.fails = fails
        self.planner = Planner(shortest_period_s=1.0)
        self.outbox = Outbox(self._send, self._send_many, self._exists)
        self.checkpointer = Checkpointer(
            self.planner, self.outbox, self._snapshot, self._write_row, self._commit, self
        )

    async def _exists(self, topic: str) -> bool:
        return True

    def _do(self, step: str) -> None:
        self.steps.append(step)
        if step.startswith(self.fails or "never"):
            raise TimeoutError(step)

    async def _send(self, topic: str, key: bytes, value: bytes, headers: Headers) -> asyncio.Future[object]:
        delivery: asyncio.Future[object] = asyncio.get_running_loop().create_future()

        def deliver() -> None:
            try:
                self._do(f"output {value.decode()}")
                delivery.set_result(None)
            except TimeoutError as error:
                delivery.set_exception(error)

        asyncio.get_running_loop().call_later(0.01, deliver)
        return delivery

    async def _send_many(self, topic: str, records: Records) -> list[asyncio.Future[object]]:
        return [await self._send(topic, key, value, []) for key, value in records]

    def _snapshot(self, partition: int, key: str) -> bytes:
        self.steps.append(f"snapshot {key}")
        return b"row"

    async def _write_row(self, partition: int, key: str, row: bytes) -> Any:
        self._do(f"row {key}")

    async def _commit(self, offsets: Mapping[int, int]) -> bool:
        self._do(f"commit {dict(offsets)}")
        return self.fails != "refused"

    def checkpointed(self, rows: int, size: int, seconds: float) -> None:
        self.steps.append(f"done {rows}")


def scenario(world: World) -> None:
    async def run() -> None:
        world.planner.take(0, 0)
        world.checkpointer.started_from({0: 0})
        world.planner.read(0, 0, "a/0", now=0.0)
        world.outbox.put(Message("decisions", b"k", b"1", []))
        await world.checkpointer.write(everything=True, reason="test")

    asyncio.run(run())


@pytest.fixture
def deaths(monkeypatch: pytest.MonkeyPatch) -> None:
    def die(event: str, *_: object, **__: object) -> None:
        raise Died(event)

    monkeypatch.setattr(checkpoints, "die", die)


def test_outputs_then_rows_then_commit() -> None:
    world = World()
    scenario(world)
    assert world.steps == ["snapshot a/0", "output 1", "row a/0", "commit {0: 1}", "done 1"]


@pytest.mark.usefixtures("deaths")
@pytest.mark.parametrize(
    ("fails", "last"),
    [("output", "output 1"), ("row", "row a/0"), ("commit", "commit {0: 1}"), ("refused", "commit {0: 1}")],
)
def test_whatever_fails_ends_the_process_before_the_next_step(fails: str, last: str) -> None:
    world = World(fails)
    with pytest.raises(Died, match="commit_refused" if fails == "refused" else "checkpoint_failed"):
        scenario(world)
    assert world.steps[-1] == last


def test_many_slots_go_in_rounds() -> None:
    world = World()

    async def run() -> None:
        world.planner.take(0, 0)
        world.checkpointer.started_from({0: 0})
        for offset in range(120):
            world.planner.read(0, offset, f"a/{offset}", now=float(offset))
        await world.checkpointer.write(everything=True, reason="test")

    asyncio.run(run())
    assert [s for s in world.steps if s.startswith(("commit", "done"))] == [
        "commit {0: 50}", "done 50", "commit {0: 100}", "done 50", "commit {0: 120}", "done 20",
    ]  # fmt: skip


def test_events_that_changed_no_slot_are_committed_too() -> None:
    world = World()

    async def run() -> None:
        world.planner.take(0, 0)
        world.checkpointer.started_from({0: 0})
        world.planner.read(0, 0, None, now=0.0)
        await world.checkpointer.write(everything=False, reason="test")
        await world.checkpointer.write(everything=False, reason="test")

    asyncio.run(run())
    assert world.steps == ["commit {0: 1}", "done 0"]
