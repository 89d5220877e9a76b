"""The producer: made when needed, thrown away at the first failure.

aiokafka's idempotent producer retries within one connection without reordering, but a batch of it can still fail: when
its partition had no leader for `request_timeout_ms`, or the broker refused it. What it would send after that is out of
sequence, so a failed producer is never used again: a new one starts from what the spool still holds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from structlog.stdlib import get_logger

from agents.collector.settings import EVENTS, LARGEST_MESSAGE

REQUEST_TIMEOUT_S: Final = 30.0
START_TIMEOUT_S: Final = 30.0
STOP_TIMEOUT_S: Final = 2.0
SLOW_S: Final = 3.0
BACKOFF_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0)
BATCH_BYTES: Final = 900_000
"""Under every broker's default of 1 MB, with the headers; a larger message travels alone."""
log = get_logger(__name__)

Record = tuple[bytes, bytes, list[tuple[str, bytes]]]
"""Key, value, headers."""


class LostError(Exception):
    """The producer was given up while the batch was on its way: whether it arrived is not known."""


class Connection:
    """One producer's life."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._lost = asyncio.get_running_loop().create_future()
        self.answers = True
        """False while a batch has waited for its acknowledgement for long."""

    @property
    def lost(self) -> bool:
        return self._lost.done()

    async def send(self, partition: int, records: Sequence[Record]) -> None:
        """Returns when the broker has all of them, in this order. Only one call for a partition at a time.

        Raises LostError, or the KafkaError with which the broker refused the batch.
        """
        if self.lost:
            raise LostError
        batch = self._producer.create_batch()
        for key, value, headers in records:
            fits = batch.append(key=key, value=value, headers=headers, timestamp=None)
            assert fits is not None, "a batch was filled beyond its bytes"
        batch.close()
        delivery = asyncio.ensure_future(self._deliver(batch, partition))
        try:
            await self._wait(delivery)
        finally:
            delivery.cancel()  # without effect when it is done
        if not delivery.done():
            raise LostError
        delivery.result()

    async def _wait(self, delivery: asyncio.Future[None]) -> None:
        """Until it is done, or the connection lost. aiokafka retries silently, so what takes long is said here."""
        either = {delivery, self._lost}
        done, _ = await asyncio.wait(either, timeout=SLOW_S, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            if self.answers:
                log.warning("broker_away", error=f"nothing acknowledged for {SLOW_S:g} s")
            self.answers = False
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if delivery.done() and not self.answers:
            log.info("broker_answers_again")
            self.answers = True

    async def _deliver(self, batch: Any, partition: int) -> None:
        await (await self._producer.send_batch(batch, EVENTS, partition=partition))

    async def abandon(self) -> None:
        """Gives the producer up, with what is on its way."""
        if not self.lost:
            self._lost.set_result(None)
            await _discard(self._producer)

    async def close(self) -> None:
        """Ends after what is on its way has arrived, or soon."""
        try:
            await asyncio.wait_for(self._producer.stop(), STOP_TIMEOUT_S)
        except (TimeoutError, KafkaError):
            await _discard(self._producer)
        if not self.lost:
            self._lost.set_result(None)


class Connector:
    """Hands out the present connection, or makes one, however long the broker is away."""

    def __init__(self, broker: str) -> None:
        self._broker = broker
        self._lock = asyncio.Lock()
        self._connection: Connection | None = None
        self.connects = 0

    @property
    def connected(self) -> bool:
        return self._connection is not None and not self._connection.lost and self._connection.answers

    async def connection(self) -> Connection:
        async with self._lock:
            if self._connection is None or self._connection.lost:
                self._connection = await self._connect()
            return self._connection

    async def close(self) -> None:
        if self._connection is not None and not self._connection.lost:
            await self._connection.close()

    async def _connect(self) -> Connection:
        attempt = 0
        while True:
            producer = _producer(self._broker)
            try:
                await asyncio.wait_for(producer.start(), START_TIMEOUT_S)
            except (KafkaError, OSError, TimeoutError) as error:
                await _discard(producer)
                log.log(logging.WARNING if attempt == 0 else logging.DEBUG, "broker_away", error=str(error))
                await asyncio.sleep(BACKOFF_S[min(attempt, len(BACKOFF_S) - 1)])
                attempt += 1
            except BaseException:
                await _discard(producer)
                raise
            else:
                self.connects += 1
                log.info("broker_connected", broker=self._broker)
                return Connection(producer)


def _producer(broker: str) -> AIOKafkaProducer:
    return AIOKafkaProducer(
        bootstrap_servers=broker,
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        max_batch_size=BATCH_BYTES,
        max_request_size=LARGEST_MESSAGE,
        request_timeout_ms=int(REQUEST_TIMEOUT_S * 1000),
        retry_backoff_ms=100,
        metadata_max_age_ms=30_000,
    )


async def _discard(producer: AIOKafkaProducer) -> None:
    """Stops a producer without waiting for its batches: `stop()` would wait as long as the broker is away.

    Reaches into aiokafka, whose version is pinned.
    """
    producer._closed = True
    task = producer._sender.sender_task
    if task is not None:
        task.cancel()
    await producer.client.close()
    if task is not None:
        await asyncio.wait({task}, timeout=STOP_TIMEOUT_S)
