"""Reads a whole topic, up to its present end: what people's commands show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

from engine.broker.readiness import QUIET
from engine.errors import UserError

_ANSWER_S: Final = 10.0


def read_topic(bootstrap: str, topic: str, partitions: int) -> Iterator[tuple[str, bytes | None]]:
    """Keys and values, partition by partition, oldest first within each. Raises UserError when it cannot be read."""
    settings = {"bootstrap.servers": bootstrap, "group.id": f"trimtab-{topic}", "enable.auto.commit": False}
    consumer = Consumer({**settings, **QUIET, "enable.partition.eof": True})
    try:
        for number in range(partitions):
            consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING)])
            yield from _until_end(consumer, bootstrap, topic)
    finally:
        consumer.close()


def _until_end(consumer: Any, bootstrap: str, topic: str) -> Iterator[tuple[str, bytes | None]]:
    """Records of the assigned partition up to its present end."""
    while (message := consumer.poll(_ANSWER_S)) is not None:
        error = message.error()
        if error is None:
            yield (message.key() or b"").decode(errors="replace"), message.value()
        elif error.code() == KafkaError._PARTITION_EOF:
            return
        elif not error.retriable():
            raise UserError(f"the broker at {bootstrap} does not let `{topic}` be read: {error.str()}")
    raise UserError(f"the broker at {bootstrap} stopped answering")
