"""A topic read from some time to its present end, once, in the order of each partition. Writes and commits nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from engine.errors import UserError

_ANSWER_MS: Final = 10_000
_PATIENCE_S: Final = 30.0
"""Without any record for so long, reading is given up."""
Take = Callable[[str, bytes], None]
"""Given the key and the value of a record; records without a value are passed over."""
Progress = Callable[[int, int], None]
"""Given how many records are done, of how many."""


def read_topic(
    bootstrap: str, topic: str, partitions: Sequence[int], since_s: float | None, take: Take, progress: Progress
) -> None:
    """Hands over all records of these partitions; from `since_s` on by the broker's time, None: all there are.

    Raises UserError when the broker does not answer or let them be read.
    """
    try:
        asyncio.run(_read(bootstrap, topic, partitions, since_s, take, progress))
    except TimeoutError as error:
        raise UserError(f"the broker at {bootstrap} stopped answering") from error
    except (KafkaError, OSError, ValueError) as error:
        raise UserError(f"the broker at {bootstrap} does not let `{topic}` be read: {error}") from error


async def _read(
    bootstrap: str, topic: str, partitions: Sequence[int], since_s: float | None, take: Take, progress: Progress
) -> None:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",  # where retention takes the first records away meanwhile
        request_timeout_ms=_ANSWER_MS,
    )
    await consumer.start()
    try:
        places = [TopicPartition(topic, partition) for partition in partitions]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        starts = await _starts(consumer, places, since_s, ends)
        for place, offset in starts.items():
            consumer.seek(place, offset)
        await _until(consumer, starts, ends, take, progress)
    finally:
        await consumer.stop()


async def _starts(
    consumer: Any, places: Sequence[TopicPartition], since_s: float | None, ends: dict[TopicPartition, int]
) -> dict[TopicPartition, int]:
    """The first offset to read of each; its end where nothing is new enough."""
    first: dict[TopicPartition, int] = await consumer.beginning_offsets(places)
    if since_s is None:
        return first
    found = await consumer.offsets_for_times({place: max(0, int(since_s * 1000)) for place in places})
    return {place: ends[place] if at is None else max(first[place], at.offset) for place, at in found.items()}


async def _until(
    consumer: Any,
    starts: dict[TopicPartition, int],
    ends: dict[TopicPartition, int],
    take: Take,
    progress: Progress,
) -> None:
    reached = dict(starts)
    total, first = sum(ends.values()) - sum(starts.values()), sum(starts.values())
    while left := [place for place in ends if reached[place] < ends[place]]:
        batches = await asyncio.wait_for(_next(consumer, left), _PATIENCE_S)
        for place, records in batches.items():
            for record in records:
                if record.offset < ends[place] and record.value is not None:
                    take((record.key or b"").decode(errors="replace"), record.value)
            reached[place] = min(ends[place], records[-1].offset + 1)
        progress(sum(reached.values()) - first, total)


async def _next(consumer: Any, left: Sequence[TopicPartition]) -> Any:
    while not (batches := await consumer.getmany(*left, timeout_ms=500)):
        pass
    return batches
