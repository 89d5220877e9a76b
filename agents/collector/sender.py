"""From the spool to the broker: a lane for each partition, each with one batch on its way at a time.

So a slot's order holds whatever fails: the next batch leaves only when the broker has the one before, and only what it
has leaves the spool. What was on its way when the connection failed is sent again (the engine recognises it).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from aiokafka.errors import (
    CorruptRecordException,
    InvalidTimestampError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
)
from structlog.stdlib import get_logger

from agents.collector.clock import Clock
from agents.collector.connection import BACKOFF_S, BATCH_BYTES, Connection, Connector, LostError, Record
from agents.collector.message import Stored
from agents.collector.settings import LARGEST_MESSAGE
from agents.collector.spool import Spool
from agents.collector.telemetry import Telemetry
from engine.codec import stamp_sent

REFUSALS: Final = (MessageSizeTooLargeError, RecordListTooLargeError, CorruptRecordException, InvalidTimestampError)
"""Answers that mean this message, now and for ever; all others are tried again."""
BATCH_MESSAGES: Final = 500
HEAD_BYTES: Final = BATCH_BYTES - BATCH_MESSAGES * 200
"""Of payload; the rest is for keys and headers."""
log = get_logger(__name__)


class Sender:
    """`clock` says when a message is sent, in event time. `fence` is called before: it returns only if one may be."""

    def __init__(
        self,
        spool: Spool,
        connector: Connector,
        partitions: int,
        clock: Clock,
        telemetry: Telemetry,
        fence: Callable[[], None] = lambda: None,
    ) -> None:
        self._spool = spool
        self._connector = connector
        self._clock = clock
        self._fence = fence
        self._telemetry = telemetry
        self._work = [asyncio.Event() for _ in range(partitions)]
        self._emptied = asyncio.Event()

    async def run(self) -> None:
        """Sends until cancelled."""
        self.wake()
        async with asyncio.TaskGroup() as lanes:
            for partition in range(len(self._work)):
                lanes.create_task(self._lane(partition))

    def wake(self) -> None:
        """There is something new in the spool."""
        for partition in self._spool.partitions():
            self._work[partition].set()
        if self._spool.waiting().messages:
            self._emptied.clear()

    async def emptied(self, timeout_s: float | None = None) -> bool:
        """Waits until the broker has all that is in the spool; False when that took longer."""
        if not self._spool.waiting().messages:
            return True
        self._emptied.clear()
        try:
            await asyncio.wait_for(self._emptied.wait(), timeout_s)
        except TimeoutError:
            return False
        return True

    async def _lane(self, partition: int) -> None:
        failures = one_by_one = 0
        while True:
            limit = 1 if one_by_one else BATCH_MESSAGES
            head = self._spool.head(partition, limit, HEAD_BYTES)
            if not head:
                self._spool.release(partition)
                await self._rest(partition)
                continue
            one_by_one = max(0, one_by_one - 1)
            connection = await self._connector.connection()
            try:
                await self._deliver(connection, partition, head)
                failures = 0
            except REFUSALS as error:
                one_by_one = self._refused(head, type(error).__name__)
                await connection.abandon()
            except (LostError, KafkaError, OSError) as error:
                await self._failed(connection, partition, error, failures)
                failures += 1

    async def _rest(self, partition: int) -> None:
        """Until there is work. Nothing is awaited between the look into the spool and the clearing of the event."""
        self._work[partition].clear()
        if not self._spool.waiting().messages:
            self._emptied.set()
        await self._work[partition].wait()

    async def _deliver(self, connection: Connection, partition: int, head: list[Stored]) -> None:
        if len(head[0].payload) > LARGEST_MESSAGE:
            self._set_aside(head[0], "larger_than_the_topic_allows")
            return
        produced = repr(time.time()).encode()
        now_s = self._clock.now_s()
        records: list[Record] = [
            (m.key.encode(), stamp_sent(m.payload, max(now_s, m.time_s)), [("produced", produced)]) for m in head
        ]
        self._fence()
        with self._telemetry.send_seconds.time():
            await connection.send(partition, records)
        self._spool.acknowledge(head)
        self._telemetry.acknowledged(head)

    def _refused(self, head: list[Stored], reason: str) -> int:
        """Sets a refused message aside. A refused batch goes again one by one: returns how many messages of it."""
        if len(head) > 1:
            return len(head)
        self._set_aside(head[0], reason)
        return 0

    def _set_aside(self, message: Stored, reason: str) -> None:
        self._spool.set_aside(message, reason)
        self._telemetry.refused(message, reason)
        log.error("message_set_aside", key=message.key, kind=message.kind, samples=message.samples, reason=reason)

    async def _failed(self, connection: Connection, partition: int, error: Exception, failures: int) -> None:
        if not isinstance(error, LostError):
            log.warning("send_failed", partition=partition, error=str(error) or type(error).__name__)
        await connection.abandon()
        await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
