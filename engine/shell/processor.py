"""Events in, effects out: folds what Faust delivers, and queues what follows from it.

State changes synchronously: between the awaits in `run`, every event is either wholly folded (its effects queued, its
offset in the planner) or not touched at all.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import structlog

from engine.codec import encode
from engine.core.effects import Effects
from engine.core.partition import PartitionFold, Record
from engine.identity import commands_topic, workload_id
from engine.messages import Aggregate, DeadLetter
from engine.shell.brokers import first_offset_from
from engine.shell.dead_letters import undeliverable
from engine.shell.exits import die
from engine.shell.outbox import Headers, Many, Message, Outbox
from engine.shell.planner import Planner
from engine.shell.settings import AGGREGATES, DEAD_LETTER, DECISIONS, EVENTS
from engine.shell.telemetry import Telemetry

log = structlog.get_logger("engine.processor")
SLICE_S: Final = 0.02
"""The loop is given back, and what was said leaves, at least this often; commands leave at once."""
PRODUCED: Final = "produced"
"""Header with the wall time at which an event was handed to its producer; only latencies are computed from it."""
TRACED: Final = "traced"
"""Header of a command: wall times at which the broker had the event, and it was taken from the queue and folded."""


class Processor:
    """Folds the partitions held. `wanted` says whether a message is of the present assignment."""

    def __init__(
        self, broker: str, planner: Planner, outbox: Outbox, telemetry: Telemetry, wanted: Callable[[Any], bool]
    ) -> None:
        self.folds: dict[int, PartitionFold] = {}
        self.accepting = False
        self._broker = broker
        self._planner = planner
        self._outbox = outbox
        self._telemetry = telemetry
        self._wanted = wanted
        self._taken_s = 0.0

    async def run(self, batches: AsyncIterator[list[Any]]) -> None:
        """Until the stream ends. An error here is a fault of ours: the process ends, nothing is committed."""
        try:
            async for messages in batches:
                await self._process(messages)
        except Exception as error:
            log.exception("processing_failed")
            die("processing_failed", error=repr(error))

    async def _process(self, messages: list[Any]) -> None:
        started = time.perf_counter()
        self._taken_s = time.time()
        for message in messages:
            if self._is_mine(message) and self._planner.is_jump(message.partition, message.offset):
                await self._judge_jump(message)
            if self._is_mine(message) and self._fold(message):
                await self._outbox.hand_over()
            if time.perf_counter() - started > SLICE_S:
                self._telemetry.batch_duration.observe(time.perf_counter() - started)
                await self._outbox.hand_over()
                await asyncio.sleep(0)
                started = time.perf_counter()
        self._telemetry.batch_duration.observe(time.perf_counter() - started)
        await self._outbox.hand_over()

    def _is_mine(self, message: Any) -> bool:
        return self.accepting and message.partition in self.folds and self._wanted(message)

    def _fold(self, message: Any) -> bool:
        """Folds a message; whether it made commands, which are not to wait for the messages behind it."""
        fold = self.folds[message.partition]
        folded_s = time.time()
        key = (message.key or b"").decode(errors="replace")
        before = fold.slots[key].applied if key in fold.slots else -1
        record = Record(message.partition, message.offset, key, message.value or b"", message.timestamp)
        effects = fold.apply(record)
        changed = key in fold.slots and fold.slots[key].applied > before
        self._planner.read(message.partition, message.offset, key if changed else None, time.monotonic())
        self._publish(effects, message, folded_s)
        self._telemetry.folded(effects)
        return bool(effects.commands)

    def _publish(self, effects: Effects, message: Any, folded_s: float) -> None:
        for said in effects.said:
            self._outbox.put(Message(DECISIONS, said.container.encode(), encode(said), []))
        for letter in effects.dead_letters:
            self._outbox.put(dead_letter_message(letter))
        self._publish_commands(effects, message, folded_s)
        if effects.aggregates:  # behind the commands, which are urgent
            self._outbox.put(Many(AGGREGATES, [(_key_of(one), encode(one)) for one in effects.aggregates]))

    def _publish_commands(self, effects: Effects, message: Any, folded_s: float) -> None:
        if not effects.commands:
            return
        headers: Headers = [(name, value) for name, value in message.headers or () if name == PRODUCED]
        headers.append((TRACED, f"{message.timestamp:.6f} {self._taken_s:.6f} {folded_s:.6f}".encode()))
        for command in effects.commands:
            otherwise = dead_letter_message(undeliverable(command, message.partition, message.offset))
            topic = commands_topic(command.cluster)
            self._outbox.put(Message(topic, command.container.encode(), encode(command), headers, otherwise))

    async def _judge_jump(self, message: Any) -> None:
        """Offsets jumped ahead: either the log has a hole, or we lost events and must read them again."""
        partition, offset = message.partition, message.offset
        expected = self._planner.ledgers[partition].position
        assert expected is not None
        found = await asyncio.to_thread(first_offset_from, self._broker, EVENTS, partition, expected)
        if found is None or found < offset:
            die("offset_jump", partition=partition, expected=expected, got=offset, in_log=found)
        log.warning("log_has_a_hole", partition=partition, expected=expected, got=offset)
        if self._is_mine(message):
            self._planner.skip_to(partition, offset)


def _key_of(aggregate: Aggregate) -> bytes:
    return workload_id(aggregate.cluster, aggregate.namespace, aggregate.workload).encode()


def dead_letter_message(letter: DeadLetter) -> Message:
    return Message(DEAD_LETTER, letter.key.encode(), encode(letter), [])
