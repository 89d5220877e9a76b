"""A topic read once from its beginning, or from some time on, to its present end, or followed beyond it.

Writes and commits nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, TopicPartition

from engine.broker.readiness import QUIET
from engine.errors import UserError

Progress = Callable[[int, int], None]
"""Given how many records are done, of how many."""
_ANSWER_S: Final = 10.0
_TURN_S: Final = 0.25
"""How long a reader that follows waits for more, before it lets its caller have a turn."""
_OFTEN: Final = 1000
"""Records from one report of progress to the next."""


class _Extent(NamedTuple):
    """Of one partition: the first offset to read, and the one after the last."""

    start: int
    end: int


def read_topic(
    bootstrap: str,
    topic: str,
    partitions: Iterable[int],
    since_s: float | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Iterator[tuple[str, bytes | None]]:
    """Keys and values, oldest first within each partition; from `since_s` on by the broker's time, None: all there are.

    Raises UserError when the broker does not answer or let them be read.
    """
    with _reading(bootstrap, topic) as consumer:
        found = _extents(consumer, topic, list(partitions), since_s)
        extents = {number: extent for number, extent in found.items() if extent.start < extent.end}
        _assign(consumer, topic, extents)
        yield from _until_end(consumer, bootstrap, extents, progress)


def follow_topic(
    bootstrap: str, topic: str, partitions: Iterable[int], since_s: float | None = None
) -> Iterator[tuple[str, bytes | None] | None]:
    """As `read_topic`, and then for ever what is appended; None says that there is no more for now.

    The first None comes when all that was there at the beginning has been read. Raises UserError, as `read_topic`.
    """
    with _reading(bootstrap, topic) as consumer:
        extents = _extents(consumer, topic, list(partitions), since_s)
        _assign(consumer, topic, extents)
        unread = {number for number, extent in extents.items() if extent.start < extent.end}
        heard_s = time.monotonic()
        while True:
            message = consumer.poll(_TURN_S)
            if message is None:
                if unread and time.monotonic() - heard_s > _ANSWER_S:
                    raise UserError(f"the broker at {bootstrap} stopped answering")
            elif (error := message.error()) is None:
                heard_s = time.monotonic()
                yield _text(message.key()), message.value()
                continue
            elif error.code() == KafkaError._PARTITION_EOF:
                unread.discard(message.partition())
            elif not error.retriable():
                raise KafkaException(error)
            if not unread:
                yield None


@contextmanager
def _reading(bootstrap: str, topic: str) -> Iterator[Any]:
    """A consumer of its own, closed at the end. Raises UserError for what the broker refuses."""
    settings = {"bootstrap.servers": bootstrap, "group.id": f"trimtab-{topic}", "enable.auto.commit": False}
    settings["auto.offset.reset"] = "earliest"  # where retention takes the first records away meanwhile
    consumer = Consumer({**settings, **QUIET, "enable.partition.eof": True})
    try:
        yield consumer
    except KafkaException as error:
        said = error.args[0].str()
        raise UserError(f"the broker at {bootstrap} does not let `{topic}` be read: {said}") from error
    finally:
        consumer.close()


def _assign(consumer: Any, topic: str, extents: dict[int, _Extent]) -> None:
    consumer.assign([TopicPartition(topic, number, extent.start) for number, extent in extents.items()])


def _text(key: bytes | None) -> str:
    return (key or b"").decode(errors="replace")


def _extents(consumer: Any, topic: str, partitions: list[int], since_s: float | None) -> dict[int, _Extent]:
    """Of each partition; empty where there is nothing to read."""
    found = {}
    for number in partitions:
        start, end = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=_ANSWER_S)
        found[number] = _Extent(start, end)
    if since_s is not None:
        places = [TopicPartition(topic, number, max(0, int(since_s * 1000))) for number in partitions]
        for place in consumer.offsets_for_times(places, timeout=_ANSWER_S):
            start, end = found[place.partition]
            found[place.partition] = _Extent(end if place.offset == OFFSET_END else max(start, place.offset), end)
    return found


def _until_end(
    consumer: Any, bootstrap: str, extents: dict[int, _Extent], progress: Progress
) -> Iterator[tuple[str, bytes | None]]:
    """Records up to the ends that partitions had; before an end there may be no record, but marks of Kafka's."""
    reached = {number: extent.start for number, extent in extents.items()}
    total, read = sum(extent.end - extent.start for extent in extents.values()), 0
    while any(reached[number] < extent.end for number, extent in extents.items()):
        message = consumer.poll(_ANSWER_S)
        if message is None:
            raise UserError(f"the broker at {bootstrap} stopped answering")
        number, error = message.partition(), message.error()
        if error is None:
            reached[number] = message.offset() + 1
            if message.offset() < extents[number].end:
                yield _text(message.key()), message.value()
        elif error.code() == KafkaError._PARTITION_EOF:
            reached[number] = extents[number].end
        elif not error.retriable():
            raise KafkaException(error)
        read += 1
        if read % _OFTEN == 0:
            progress(sum(min(reached[number], e.end) - e.start for number, e in extents.items()), total)
    progress(total, total)
