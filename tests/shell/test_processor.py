"""Effects become messages: topics and keys, in the order of the log, each with what it is keyed by."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from engine.codec import decode_aggregate, decode_decision
from engine.core.partition import PartitionFold, Record
from engine.messages import Decision, Judgement
from engine.shell.outbox import Headers, Outbox, Records
from engine.shell.planner import Planner
from engine.shell.processor import Processor
from engine.shell.settings import AGGREGATES, DECISIONS
from engine.shell.telemetry import Telemetry
from tests.core.build import CONTEXT
from tests.core.test_rollback import closed_loop


@dataclass(frozen=True)
class Fetched:
    """A record as Faust hands it over."""

    partition: int
    offset: int
    key: bytes
    value: bytes
    timestamp: float
    headers: list[tuple[str, bytes]] = field(default_factory=list)


class Taken:
    """A producer that has everything at once."""

    def __init__(self) -> None:
        self.records: list[tuple[str, bytes, bytes]] = []

    async def send(self, topic: str, key: bytes, value: bytes, _: Headers) -> asyncio.Future[object]:
        self.records.append((topic, key, value))
        delivery: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        delivery.set_result(None)
        return delivery

    async def send_many(self, topic: str, records: Records) -> list[asyncio.Future[object]]:
        return [await self.send(topic, key, value, []) for key, value in records]

    async def exists(self, _: str) -> bool:
        return True

    def of(self, topic: str) -> list[tuple[bytes, bytes]]:
        return [(key, value) for name, key, value in self.records if name == topic]


def processed(records: list[Record]) -> tuple[Taken, Telemetry]:
    taken, telemetry = Taken(), Telemetry()

    async def batches() -> AsyncIterator[list[Any]]:
        yield [Fetched(r.partition, r.offset, r.key.encode(), r.value, r.appended_s) for r in records]

    async def scenario() -> None:
        planner = Planner(10.0)
        planner.take(0, 0)
        processor = Processor("", planner, Outbox(taken.send, taken.send_many, taken.exists), telemetry, lambda _: True)
        processor.folds, processor.accepting = {0: PartitionFold(0, 1, CONTEXT)}, True
        await processor.run(batches())

    asyncio.run(scenario())
    return taken, telemetry


def test_decisions_and_judgements_share_a_topic_and_hours_have_their_own() -> None:
    taken, telemetry = processed(closed_loop(900).records)
    said = [(key, decode_decision(value)) for key, value in taken.of(DECISIONS)]
    hours = [(key, decode_aggregate(value)) for key, value in taken.of(AGGREGATES)]
    assert {type(one) for _, one in said} == {Decision, Judgement}
    assert all(key == one.container.encode() for key, one in said)
    assert len(hours) >= 4 * 14
    assert all(key.decode() == f"shop/{one.namespace}/{one.workload}" for key, one in hours)
    judged = [one for _, one in said if isinstance(one, Judgement)]
    decided = [one.id for _, one in said if isinstance(one, Decision)]
    assert {one.id for one in judged} <= set(decided), "of decisions that were published"
    counted = telemetry.registry.get_sample_value("trimtab_engine_aggregates_total")
    assert counted == len(hours)
