"""Reads the topic of commands ahead of their handling, so that a freeze is obeyed the moment it arrives.

Across a rebalance: what was read and not handled is dropped, for whoever has the partition next reads it again from
the last committed offset. Before it handles any of it, it learns which freezes those before it were told.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from agents.executor.guard import scope_text
from agents.executor.items import Item, take_batch, understand
from agents.executor.ledger import Ledger
from engine.messages import FreezeCommand

MOST_WAITING: Final = 10_000
"""Messages read ahead; behind so many a freeze waits for its turn to be read."""
PAUSE_S: Final = 1.0

log = structlog.get_logger()


class Inbox(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """One partition's messages, in order. Whoever handles a batch holds `handling`: a rebalance waits for it.

    `recall` brings freezes from before the committed offset into the ledger; may raise KafkaError.
    """

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        topic: str,
        cluster: str,
        ledger: Ledger,
        recall: Callable[[], Awaitable[None]],
    ) -> None:
        self.handling = asyncio.Lock()
        self.joined = False
        self._consumer = consumer
        self._partition = TopicPartition(topic, 0)
        self._cluster = cluster
        self._ledger = ledger
        self._recall = recall
        self._recalled = asyncio.Event()
        self._waiting: deque[Item] = deque()
        self._assignment = 0
        self._filled = asyncio.Event()
        self._room = asyncio.Event()

    def count(self) -> int:
        """Messages that wait. Not `__len__`: aiokafka takes an empty listener for none."""
        return len(self._waiting)

    async def read(self) -> None:
        """Runs until it is cancelled."""
        while True:
            assignment = self._assignment
            try:
                records = (await self._consumer.getmany(timeout_ms=1000)).get(self._partition, [])
                if assignment != self._assignment:
                    await self._rewind()
                    continue
            except KafkaError as error:
                log.warning("commands cannot be read", error=str(error) or type(error).__name__)
                await asyncio.sleep(PAUSE_S)
                continue
            self._append([understand(record, self._cluster, time.time()) for record in records])
            while len(self._waiting) >= MOST_WAITING:
                self._room.clear()
                await self._room.wait()

    async def wait(self) -> None:
        """Returns when something waits to be handled, and may be."""
        await self._recalled.wait()
        await self._filled.wait()

    def take(self, most: int) -> list[Item]:
        """The next batch; empty when a rebalance took it away. Call it while holding `handling`."""
        batch = take_batch(self._waiting, most) if self._recalled.is_set() else []
        for _ in batch:
            self._waiting.popleft()
        if not self._waiting:
            self._filled.clear()
        self._room.set()
        return batch

    async def commit(self, offset: int) -> None:
        """Everything up to and with `offset` is done. For a commit that fails the next makes up, or the ledger."""
        try:
            await self._consumer.commit({self._partition: offset + 1})
        except (KafkaError, IllegalStateError) as error:
            log.warning("offset not committed", offset=offset, error=str(error) or type(error).__name__)

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        async with self.handling:
            self._assignment += 1
            self._recalled.clear()
            self._waiting.clear()
            self._filled.clear()
            self._room.set()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        self.joined = True
        log.info("assigned", active=self._partition in assigned)
        while self._partition in assigned and not self._recalled.is_set():
            try:
                await self._recall()
                self._recalled.set()
            except (KafkaError, OSError) as error:
                log.warning("freezes cannot be recalled", error=str(error) or type(error).__name__)
                await asyncio.sleep(PAUSE_S)

    def _append(self, items: list[Item]) -> None:
        for item in items:
            if isinstance(item.content, FreezeCommand) and item.content.frozen:
                self._ledger.freeze(item.content, item.offset)
                log.warning("frozen", scope=scope_text(item.content.scope), author=item.content.author)
            self._waiting.append(item)
        if items:
            self._filled.set()

    async def _rewind(self) -> None:
        """Records that came across a rebalance may be of either side of it: read again what is not committed."""
        start = await self._consumer.committed(self._partition)
        if start is None:
            start = (await self._consumer.beginning_offsets([self._partition]))[self._partition]
        if self._partition in self._consumer.assignment():
            self._consumer.seek(self._partition, start)
