"""Reads back what a run left in Kafka: the log of events, decisions, commands, dead letters, rows of state."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from confluent_kafka.admin import AdminClient

from engine.broker.admin import connect, declared_partitions
from engine.codec import decode_command, decode_dead_letter, decode_decision
from engine.core.partition import Record
from engine.core.snapshot import unpack
from engine.core.state import SlotState
from engine.identity import commands_topic
from engine.messages import Command, DeadLetter, Decision, Judgement, record_id
from engine.shell.settings import CHANGELOG, DEAD_LETTER, DECISIONS, EVENTS, LARGEST_MESSAGE
from engine.shell.tables import NewestRows


@dataclass(frozen=True, slots=True)
class Recorded:
    """Everything of one cluster. `published`: ids and bytes of decisions and judgements in order, repeats included."""

    partitions: int
    records: list[Record]
    published: list[tuple[str, bytes]]
    decisions: list[Decision]
    judgements: list[Judgement]
    commands: list[Command]
    dead_letters: list[DeadLetter]
    slots: list[SlotState]

    def counters(self) -> dict[str, int]:
        """The fold's own counters, as the rows of state have them: sums over the cluster's slots."""
        total: Counter[str] = Counter()
        for state in self.slots:
            total.update(state.counters)
        return dict(total)


class Reader:
    """Reads whole topics. `client` knows how many partitions they have; a fresh aiokafka consumer may not yet."""

    def __init__(self, consumer: AIOKafkaConsumer, client: AdminClient, cluster: str) -> None:
        self._consumer = consumer
        self._client = client
        self._mine = f"{cluster}/"

    async def mine(self, topic: str) -> list[ConsumerRecord]:
        """Records of this cluster (by key) up to the topic's present end, each partition in its order."""
        return [record for record in await self.all(topic) if _text(record.key).startswith(self._mine)]

    async def all(self, topic: str) -> list[ConsumerRecord]:
        count = declared_partitions(self._client, topic)
        partitions = [TopicPartition(topic, number) for number in range(count)]
        self._consumer.assign(partitions)
        ends = await self._consumer.end_offsets(partitions)
        for partition, start in (await self._consumer.beginning_offsets(partitions)).items():
            self._consumer.seek(partition, start)  # unlike seek_to_beginning it cannot lose to a reset under way
        records: list[ConsumerRecord] = []
        while any([await self._consumer.position(partition) < ends[partition] for partition in partitions]):
            for batch in (await self._consumer.getmany(timeout_ms=200)).values():
                records.extend(batch)
        return records


async def read_back(broker: str, cluster: str) -> Recorded:
    """Reads all topics from their beginnings to their present ends. Raises UserError when the broker is gone."""
    client = connect(broker)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=2 * LARGEST_MESSAGE,
    )
    await consumer.start()
    try:
        return await _read_back(Reader(consumer, client, cluster), declared_partitions(client, EVENTS), cluster)
    finally:
        await consumer.stop()


async def _read_back(reader: Reader, partitions: int, cluster: str) -> Recorded:
    newest = NewestRows()
    for r in await reader.mine(CHANGELOG):
        if r.value:
            newest.add(r.partition, _text(r.key), r.value)
    published = [r.value for r in await reader.mine(DECISIONS)]
    said = [decode_decision(payload) for payload in published]
    commands = [decode_command(r.value) for r in await reader.all(commands_topic(cluster))]
    letters = [decode_dead_letter(r.value) for r in await reader.mine(DEAD_LETTER)]
    return Recorded(
        partitions=partitions,
        records=[
            Record(r.partition, r.offset, _text(r.key), r.value, r.timestamp / 1000) for r in await reader.mine(EVENTS)
        ],
        published=[(record_id(one), payload) for one, payload in zip(said, published, strict=True)],
        decisions=list({one.id: one for one in said if isinstance(one, Decision)}.values()),
        judgements=list({one.id: one for one in said if isinstance(one, Judgement)}.values()),
        commands=list({command.id: command for command in commands if isinstance(command, Command)}.values()),
        dead_letters=list({letter.id: letter for letter in letters}.values()),
        slots=[unpack(row) for _, _, row, _ in newest.drain()],
    )


def _text(key: bytes | None) -> str:
    return (key or b"").decode(errors="replace")
