"""Messages between the fold and the broker: queued at once with the change of state, then handed over, then awaited.

`put` never suspends, so a state and its outputs change together. `settled` is what a checkpoint waits for before it
writes a row: a row that is durable before the outputs that it implies would lose them in a crash.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

Headers = list[tuple[str, bytes]]
Send = Callable[[str, bytes, bytes, Headers], Awaitable[Awaitable[object]]]
"""Hands over topic, key, value and headers; gives the future of the delivery."""
Records = list[tuple[bytes, bytes]]
"""Keys and values."""
SendMany = Callable[[str, Records], Awaitable[Sequence[Awaitable[object]]]]
"""Hands over records of a topic; gives the futures of the deliveries that carry them."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message to publish."""

    topic: str
    key: bytes
    value: bytes
    headers: Headers
    otherwise: Message | None = None
    """What to publish if the topic does not exist; None where the topic was checked at start."""


@dataclass(frozen=True, slots=True)
class Many:
    """Messages of one topic that go together, in batches, where there are hundreds and none is urgent."""

    topic: str
    records: Records


class Outbox:
    """Queue and deliveries under way. `exists` says whether a topic is there; it is asked only with `otherwise`."""

    def __init__(self, send: Send, send_many: SendMany, exists: Callable[[str], Awaitable[bool]]) -> None:
        self._send = send
        self._send_many = send_many
        self._exists = exists
        self._queue: deque[Message | Many] = deque()
        self._deliveries: set[asyncio.Future[object]] = set()
        self._turn = asyncio.Lock()
        self._failure: BaseException | None = None

    def put(self, message: Message | Many) -> None:
        self._queue.append(message)

    def __len__(self) -> int:
        return len(self._queue) + len(self._deliveries)

    async def hand_over(self) -> None:
        """Hands what is queued to the producer, in order. Raises what the producer raises."""
        async with self._turn:
            while self._queue:
                message = self._queue[0]
                deliveries = await self._hand_over(message)
                self._queue.popleft()
                for delivery in deliveries:
                    self._follow(asyncio.ensure_future(delivery))

    async def _hand_over(self, message: Message | Many) -> Sequence[Awaitable[object]]:
        if isinstance(message, Many):
            return await self._send_many(message.topic, message.records)
        if message.otherwise is not None and not await self._exists(message.topic):
            message = message.otherwise
        return [await self._send(message.topic, message.key, message.value, message.headers)]

    def _follow(self, delivery: asyncio.Future[object]) -> None:
        self._deliveries.add(delivery)
        delivery.add_done_callback(self._delivered)

    def _delivered(self, delivery: asyncio.Future[object]) -> None:
        self._deliveries.discard(delivery)
        if not delivery.cancelled() and delivery.exception() is not None:
            self._failure = self._failure or delivery.exception()

    async def settled(self) -> None:
        """Returns when all that was put before the call is on the broker. Raises if any delivery ever failed."""
        await self.hand_over()
        if self._deliveries:
            await asyncio.wait(set(self._deliveries))
        if self._failure is not None:
            raise self._failure

    def drop_all(self) -> None:
        """Forgets what was not handed over: its events will be read again."""
        self._queue.clear()
