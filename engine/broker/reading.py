"""A topic read once from its beginning, or from some time on, to its present end. Writes and commits nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, TopicPartition

from engine.broker.readiness import QUIET
from engine.errors import UserError

Progress = Callable[[int, int], None]
"""Given how many records are done, of how many."""
_ANSWER_S: Final = 10.0
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
    settings = {"bootstrap.servers": bootstrap, "group.id": f"trimtab-{topic}", "enable.auto.commit": False}
    settings["auto.offset.reset"] = "earliest"  # where retention takes the first records away meanwhile
    consumer = Consumer({**settings, **QUIET, "enable.partition.eof": True})
    try:
        extents = _extents(consumer, topic, list(partitions), since_s)
        consumer.assign([TopicPartition(topic, number, extent.start) for number, extent in extents.items()])
        yield from _until_end(consumer, bootstrap, extents, progress)
    except KafkaException as error:
        said = error.args[0].str()
        raise UserError(f"the broker at {bootstrap} does not let `{topic}` be read: {said}") from error
    finally:
        consumer.close()


def _extents(consumer: Any, topic: str, partitions: list[int], since_s: float | None) -> dict[int, _Extent]:
    """Of the partitions in which there is something to read."""
    found = {}
    for number in partitions:
        start, end = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=_ANSWER_S)
        found[number] = _Extent(start, end)
    if since_s is not None:
        places = [TopicPartition(topic, number, max(0, int(since_s * 1000))) for number in partitions]
        for place in consumer.offsets_for_times(places, timeout=_ANSWER_S):
            start, end = found[place.partition]
            found[place.partition] = _Extent(end if place.offset == OFFSET_END else max(start, place.offset), end)
    return {number: extent for number, extent in found.items() if extent.start < extent.end}


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
                yield (message.key() or b"").decode(errors="replace"), message.value()
        elif error.code() == KafkaError._PARTITION_EOF:
            reached[number] = extents[number].end
        elif not error.retriable():
            raise KafkaException(error)
        read += 1
        if read % _OFTEN == 0:
            progress(sum(min(reached[number], e.end) - e.start for number, e in extents.items()), total)
    progress(total, total)
