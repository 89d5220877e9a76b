"""What the engine asks the broker beside Faust: is it there, has it the topics, where does a partition go on."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from engine.errors import UserError
from engine.shell.settings import AGGREGATES, CHANGELOG, DEAD_LETTER, DECISIONS, EVENTS

log = structlog.get_logger("engine.brokers")
PATIENCE_S: Final = 5.0
QUIET: Final[dict[str, Any]] = {"log_level": 0, "error_cb": lambda _: None}


def topics_of(broker: str) -> dict[str, int]:
    """Name and number of partitions of each topic. Raises UserError when no broker answers within 5 s."""
    client = AdminClient({"bootstrap.servers": broker, **QUIET})
    try:
        metadata = client.list_topics(timeout=PATIENCE_S)
    except KafkaException as error:
        raise UserError(
            f"no Kafka broker answers at {broker}: start one (`trimtab kafka start`) or name another with --broker"
        ) from error
    return {name: len(topic.partitions) for name, topic in metadata.topics.items()}


def required_partitions(broker: str) -> int:
    """Number of partitions of `events`. Raises UserError when a topic is missing or the changelog does not match."""
    topics = topics_of(broker)
    missing = [name for name in (EVENTS, DECISIONS, AGGREGATES, DEAD_LETTER, CHANGELOG) if name not in topics]
    if missing:
        raise UserError(f"the broker at {broker} lacks {', '.join(missing)}: run `trimtab topics apply`")
    if topics[EVENTS] != topics[CHANGELOG]:
        raise UserError(
            f"{EVENTS} has {topics[EVENTS]} partitions and {CHANGELOG} has {topics[CHANGELOG]}: "
            "they must be equal, or rows of state would not be where their events are"
        )
    return topics[EVENTS]


def first_offset_from(broker: str, topic: str, partition: int, offset: int) -> int | None:
    """Offset of the first record at or after `offset` that the log holds now; None when none came within 5 s."""
    consumer = Consumer(
        {
            "bootstrap.servers": broker,
            "group.id": "trimtab-engine-probe",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            **QUIET,
        }
    )
    try:
        consumer.assign([TopicPartition(topic, partition, offset)])
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            record = consumer.poll(0.2)
            if record is not None and record.error() is None:
                found: int = record.offset()
                return found
        return None
    finally:
        consumer.close()


@dataclass
class TopicDirectory:
    """Which topics exist. A producer that is given an unknown one blocks: so it is asked here first."""

    broker: str
    retry_s: float = 5.0
    _known: set[str] = field(default_factory=set)
    _asked: float = float("-inf")

    async def exists(self, topic: str) -> bool:
        """Whether the topic exists; "no" may be `retry_s` old. Waits while no broker answers."""
        while topic not in self._known and time.monotonic() - self._asked > self.retry_s:
            try:
                self._known = set(await asyncio.to_thread(topics_of, self.broker))
                self._asked = time.monotonic()
            except UserError as error:
                log.warning("topics_unknown", error=str(error))
        return topic in self._known
