"""What the executor publishes: outcomes to `events`, dead letters. Returns when the broker has them, however long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

import stamina
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from agents.executor.ledger import Decided
from agents.executor.telemetry import Telemetry
from engine.codec import encode, stamp_sent
from engine.identity import partition_of, slot_key
from engine.messages import DeadLetter

EVENTS: Final = "events"
DEAD_LETTER: Final = "dead-letter"
LONGEST_PAUSE_S: Final = 5.0

log = structlog.get_logger()


class Reporter:
    """`partitions`: of `events`. `now_s`: the executor's clock, which stamps what is sent.

    An attempt that the broker did not acknowledge is repeated whole, so an outcome may be in the log more than once,
    always with the same content but for `sent_s`; readers recognise it by `command_id`.
    """

    def __init__(
        self,
        producer: AIOKafkaProducer,
        cluster: str,
        partitions: int,
        now_s: Callable[[], float],
        telemetry: Telemetry,
    ) -> None:
        self._producer = producer
        self._cluster = cluster
        self._partitions = partitions
        self._now_s = now_s
        self._telemetry = telemetry
        self.problem: str | None = None
        """Why nothing gets through at present; None when it does."""

    async def publish(self, outcomes: list[Decided], dead_letters: list[DeadLetter]) -> None:
        """Returns when all are acknowledged. Repeats for ever: without its outcome a command is not finished."""
        retries = stamina.retry_context(
            on=self._note, attempts=None, timeout=None, wait_initial=0.1, wait_max=LONGEST_PAUSE_S, wait_jitter=0.2
        )
        async for attempt in retries:
            with attempt:
                await self._attempt(outcomes, dead_letters)

    async def _attempt(self, outcomes: list[Decided], dead_letters: list[DeadLetter]) -> None:
        """Waits for every acknowledgement before the first failure is raised: attempts do not overlap."""
        deliveries = [*map(self._outcome, outcomes), *map(self._dead_letter, dead_letters)]
        for result in await asyncio.gather(*deliveries, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result
        self.problem = None

    async def _outcome(self, decided: Decided) -> None:
        key = slot_key(self._cluster, decided.slot).encode()
        partition = partition_of(self._cluster, decided.slot, self._partitions)
        await self._send(EVENTS, stamp_sent(decided.payload, self._now_s()), key, partition)

    async def _dead_letter(self, letter: DeadLetter) -> None:
        await self._send(DEAD_LETTER, encode(letter), letter.key.encode(), None)

    async def _send(self, topic: str, value: bytes, key: bytes, partition: int | None) -> None:
        headers = [("produced", repr(time.time()).encode())]
        await self._producer.send_and_wait(topic, value, key, partition, headers=headers)

    def _note(self, error: Exception) -> bool:
        if not isinstance(error, KafkaError):
            return False
        self.problem = f"outcomes wait: {type(error).__name__}"
        self._telemetry.report_failures.inc()
        log.warning("outcomes not acknowledged, sending again", error=str(error) or type(error).__name__)
        return True
