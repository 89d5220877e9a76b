"""The executor's connections to Kafka: made here, closed by the exit stack. Raise UserError for topics that lack."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from agents.executor.inbox import Inbox
from agents.executor.items import understand
from agents.executor.ledger import Ledger
from agents.executor.report import EVENTS
from agents.executor.settings import ExecutorSettings
from engine.errors import UserError
from engine.identity import commands_topic
from engine.messages import FreezeCommand

LARGEST_MESSAGE: Final = 4 * 2**20
"""Bytes; the limit of `events` and of the dead letters in topics.yaml."""
REQUEST_MS: Final = 10_000
SESSION_MS: Final = 6_000
"""After so long without a sign of life another executor, or this one started anew, gets the commands. Kafka's least."""
RECALL_S: Final = 3600.0
"""Freezes of so long ago are looked for. By then the engine knows them, and no command from before is valid."""
CLOSE_S: Final = 5.0

log = structlog.get_logger()


async def open_producer(broker: str, stack: AsyncExitStack) -> tuple[AIOKafkaProducer, int]:
    """A producer, and the number of partitions of `events`."""
    producer = AIOKafkaProducer(
        bootstrap_servers=broker,
        acks="all",
        linger_ms=0,
        request_timeout_ms=REQUEST_MS,
        max_request_size=LARGEST_MESSAGE,
    )
    stack.push_async_callback(_close, producer)
    try:
        await producer.start()
        return producer, len(await producer.partitions_for(EVENTS))
    except KafkaError as error:
        raise UserError(f"Topic `{EVENTS}` cannot be written at {broker}: run `trimtab topics apply` first.") from error


async def open_inbox(
    settings: ExecutorSettings, ledger: Ledger, producer: AIOKafkaProducer, stack: AsyncExitStack
) -> Inbox:
    """The inbox of the cluster's commands, about to join the group. Freezes are held against the topic's end."""
    topic = commands_topic(settings.cluster)
    consumer = _consumer(settings)
    stack.push_async_callback(_close, consumer)
    await consumer.start()
    if topic not in await consumer.topics():
        raise UserError(f"Topic `{topic}` is missing: `trimtab cluster add {settings.cluster}` makes it.")
    if (partitions := await producer.partitions_for(topic)) != {0}:
        raise UserError(f"Topic `{topic}` has {len(partitions)} partitions: expected 1, for commands have one order.")
    partition = TopicPartition(topic, 0)
    ledger.rebase_freezes((await consumer.end_offsets([partition]))[partition])
    inbox = Inbox(consumer, topic, settings.cluster, ledger, partial(recall_freezes, settings, partition, ledger))
    consumer.subscribe([topic], listener=inbox)
    return inbox


async def recall_freezes(settings: ExecutorSettings, partition: TopicPartition, ledger: Ledger) -> None:
    """Freezes and lifts of the last hour that are committed: another executor, with another ledger, may have had them.

    Raises KafkaError.
    """
    consumer = _consumer(settings)
    try:
        await consumer.start()
        consumer.assign([partition])
        begin_ms = int((time.time() - RECALL_S) * 1000)
        begin = (await consumer.offsets_for_times({partition: begin_ms}))[partition]
        last = (await consumer.end_offsets([partition]))[partition]
        end = min(await consumer.committed(partition) or 0, last)  # of a topic made anew, what is committed is beyond
        if begin is None or begin.offset >= end:
            return
        consumer.seek(partition, begin.offset)
        while await consumer.position(partition) < end:
            for record in (await consumer.getmany(partition, timeout_ms=1000)).get(partition, []):
                content = understand(record, settings.cluster, time.time()).content
                if isinstance(content, FreezeCommand) and record.offset < end:
                    ledger.obey(content, record.offset)
    finally:
        await _close(consumer)


def _consumer(settings: ExecutorSettings) -> Any:
    return AIOKafkaConsumer(
        bootstrap_servers=settings.broker,
        group_id=f"trimtab-executor-{settings.cluster}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        request_timeout_ms=REQUEST_MS,
        session_timeout_ms=SESSION_MS,
        heartbeat_interval_ms=SESSION_MS // 3,
        max_partition_fetch_bytes=LARGEST_MESSAGE,
    )


async def _close(client: AIOKafkaProducer | AIOKafkaConsumer) -> None:
    """Closes, as far as that goes: without a broker aiokafka waits, or lets its own cancellation escape."""
    closing = asyncio.ensure_future(client.stop())
    await asyncio.wait({closing}, timeout=CLOSE_S)
    if not closing.done():
        closing.cancel()
    elif closing.cancelled() or closing.exception() is not None:
        log.warning("connection not closed in order", client=type(client).__name__)
