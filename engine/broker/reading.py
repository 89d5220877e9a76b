"""Reads a whole topic, up to its present end: what people's commands show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

from engine.broker.readiness import QUIET
from engine.errors import UserError

_ANSWER_S: Final = 10.0


def read_topic(bootstrap: str, topic: str, partitions: int) -> Iterator[tuple[str, bytes | None]]:
    """Keys and values, oldest first within each partition. Raises UserError when the topic cannot be read."""
    settings = {"bootstrap.servers": bootstrap, "group.id": f"trimtab-{topic}", "enable.auto.commit": False}
    consumer = Consumer({**settings, **QUIET, "enable.partition.eof": True})
    try:
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(partitions)])
        yield from _until_end(consumer, bootstrap, topic, partitions)
    finally:
        consumer.close()


def _until_end(consumer: Any, bootstrap: str, topic: str, partitions: int) -> Iterator[tuple[str, bytes | None]]:
    """Records of the assigned partitions up to their present ends."""
    ended: set[int] = set()
    while (message := consumer.poll(_ANSWER_S)) is not None:
        error = message.error()
        if error is None:
            yield (message.key() or b"").decode(errors="replace"), message.value()
        elif error.code() == KafkaError._PARTITION_EOF:
            ended.add(message.partition())  # told again when more has come in the meantime
            if len(ended) == partitions:
                return
        elif not error.retriable():
            raise UserError(f"the broker at {bootstrap} does not let `{topic}` be read: {error.str()}")
    raise UserError(f"the broker at {bootstrap} stopped answering")
