"""What a broker holds: whole topics, end offsets, committed offsets."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

ANSWER_S: Final = 10.0
QUIET: Final[dict[str, Any]] = {"log_level": 0, "error_cb": lambda _: None}


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as the broker holds it. `appended_s`: its timestamp, of the append or of the producer as configured."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    appended_s: float


def read_all(broker: str, topic: str) -> list[Stored]:
    """All records of a topic that are there now, partition by partition in order of offsets."""
    consumer = _consumer(broker)
    try:
        ends = _ends(consumer, topic)
        consumer.assign([TopicPartition(topic, partition, 0) for partition in ends])
        return sorted(_until(consumer, topic, ends), key=lambda record: (record.partition, record.offset))
    finally:
        consumer.close()


def _consumer(broker: str) -> Consumer:
    settings = {"bootstrap.servers": broker, "group.id": "reader", "enable.auto.commit": False}
    return Consumer({**settings, "fetch.wait.max.ms": 50, **QUIET})


def _until(consumer: Consumer, topic: str, ends: dict[int, int]) -> list[Stored]:
    records: list[Stored] = []
    missing = {partition for partition, end in ends.items() if end}
    deadline = time.monotonic() + ANSWER_S
    while missing:
        assert time.monotonic() < deadline, f"topic {topic}: no end in partitions {missing} of {ends}"
        for message in consumer.consume(1000, timeout=0.1):
            if message.error() is None:
                stamp_ms = message.timestamp()[1]
                key, value = message.key(), message.value()
                records.append(Stored(message.partition(), message.offset(), key, value, stamp_ms / 1000.0))
        for position in consumer.position([TopicPartition(topic, partition) for partition in missing]):
            if position.offset >= ends[position.partition]:
                missing.discard(position.partition)
    return records


def _ends(consumer: Consumer, topic: str) -> dict[int, int]:
    partitions = consumer.list_topics(topic, timeout=ANSWER_S).topics[topic].partitions
    return {p: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=ANSWER_S)[1] for p in partitions}


def end_offsets(broker: str, topic: str) -> dict[int, int]:
    """Partition to the offset that its next record gets."""
    consumer = _consumer(broker)
    try:
        return _ends(consumer, topic)
    finally:
        consumer.close()


def committed(broker: str, group: str, topic: str) -> dict[int, int]:
    """Partition to the offset that the group has committed; partitions without one are left out."""
    admin = AdminClient({"bootstrap.servers": broker, **QUIET})
    (answer,) = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]).values()
    try:
        offsets = answer.result(timeout=ANSWER_S).topic_partitions
    except KafkaException:
        return {}
    return {each.partition: each.offset for each in offsets if each.topic == topic and each.offset >= 0}
