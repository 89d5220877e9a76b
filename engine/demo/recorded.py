"""Reads back what a run left in Kafka: the log of events, decisions, commands, dead letters, rows of state."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from engine.codec import decode_command, decode_dead_letter, decode_decision
from engine.core.partition import Record
from engine.core.snapshot import unpack
from engine.core.state import SlotState
from engine.identity import commands_topic
from engine.messages import Command, DeadLetter, Decision
from engine.shell.settings import CHANGELOG, DEAD_LETTER, DECISIONS, EVENTS, LARGEST_MESSAGE
from engine.shell.tables import NewestRows


@dataclass(frozen=True, slots=True)
class Recorded:
    """Everything of one cluster. `published` are ids and bytes of decisions in their order, repeats included."""

    partitions: int
    records: list[Record]
    published: list[tuple[str, bytes]]
    decisions: list[Decision]
    commands: list[Command]
    dead_letters: list[DeadLetter]
    slots: list[SlotState]

    def counters(self) -> dict[str, int]:
        """The fold's own counters, as the rows of state have them: sums over the cluster's slots."""
        total: Counter[str] = Counter()
        for state in self.slots:
            total.update(state.counters)
        return dict(total)


async def read_back(broker: str, cluster: str) -> Recorded:
    """Reads all topics from their beginnings to their present ends."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker, enable_auto_commit=False, max_partition_fetch_bytes=2 * LARGEST_MESSAGE
    )
    await consumer.start()
    try:
        return await _read_back(consumer, cluster)
    finally:
        await consumer.stop()


async def _read_back(consumer: AIOKafkaConsumer, cluster: str) -> Recorded:
    mine = f"{cluster}/"
    records = [_record(r) async for r in _all(consumer, EVENTS) if _text(r.key).startswith(mine)]
    published = [r.value async for r in _all(consumer, DECISIONS) if _text(r.key).startswith(mine)]
    decisions = [decode_decision(payload) for payload in published]
    newest = NewestRows()
    async for r in _all(consumer, CHANGELOG):
        if r.value and _text(r.key).startswith(mine):
            newest.add(r.partition, _text(r.key), r.value)
    commands = [decode_command(r.value) async for r in _all(consumer, commands_topic(cluster))]
    dead = [r.value async for r in _all(consumer, DEAD_LETTER) if _text(r.key).startswith(mine)]
    return Recorded(
        partitions=len(consumer.partitions_for_topic(EVENTS)),
        records=records,
        published=[(decision.id, payload) for decision, payload in zip(decisions, published, strict=True)],
        decisions=list({decision.id: decision for decision in decisions}.values()),
        commands=list({command.id: command for command in commands if isinstance(command, Command)}.values()),
        dead_letters=list({letter.id: letter for letter in map(decode_dead_letter, dead)}.values()),
        slots=[unpack(row) for _, _, row, _ in newest.drain()],
    )


def _record(r: ConsumerRecord) -> Record:
    return Record(r.partition, r.offset, _text(r.key), r.value, r.timestamp / 1000)


def _text(key: bytes | None) -> str:
    return (key or b"").decode(errors="replace")


async def _all(consumer: AIOKafkaConsumer, topic: str) -> AsyncIterator[Any]:
    """Records of a topic up to its present end, each partition in its order."""
    await consumer.topics()  # learns of topics made since
    partitions = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
    consumer.assign(partitions)
    ends = await consumer.end_offsets(partitions)
    await consumer.seek_to_beginning(*partitions)
    while any([await consumer.position(partition) < ends[partition] for partition in partitions]):
        for batch in (await consumer.getmany(timeout_ms=200)).values():
            for record in batch:
                yield record
