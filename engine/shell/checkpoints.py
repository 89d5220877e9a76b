"""Makes changes of state durable, in the one order that loses nothing.

    take rows and positions (no await)  ->  outputs delivered  ->  rows written  ->  offsets committed

A crash between any two of them repeats work, whose outputs have the same ids; it never skips an event whose outputs
were not sent. Whatever fails ends the process without a commit (docs/decisions/0001-checkpoints.md).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol

import structlog

from engine.shell.exits import die
from engine.shell.outbox import Outbox
from engine.shell.planner import Planner, Round

log = structlog.get_logger("engine.checkpoints")
PERIOD_SHARE: Final = 0.8
"""Share of the checkpoint interval in which all dirty slots have their turn; the rest is for the writing."""
ROUNDS_PER_INTERVAL: Final = 20
ROWS_PER_ROUND: Final = 50
BYTES_PER_ROUND: Final = 2 * 2**20
"""A round serialises at most these, or one row, while nothing is folded."""

Snapshot = Callable[[int, str], bytes]
WriteRow = Callable[[int, str, bytes], Awaitable[Any]]
Commit = Callable[[Mapping[int, int]], Awaitable[bool]]


class Watcher(Protocol):
    """Is told of each checkpoint: rows and bytes written, seconds that it took."""

    def checkpointed(self, rows: int, size: int, seconds: float) -> None: ...


class Checkpointer:
    """Writes dirty slots in turn. `snapshot` serialises a slot, `write_row` and `commit` talk to Kafka."""

    def __init__(
        self,
        planner: Planner,
        outbox: Outbox,
        snapshot: Snapshot,
        write_row: WriteRow,
        commit: Commit,
        watcher: Watcher,
    ) -> None:
        self._planner = planner
        self._outbox = outbox
        self._snapshot = snapshot
        self._write_row = write_row
        self._commit = commit
        self._watcher = watcher
        self._one_at_a_time = asyncio.Lock()
        self._committed: dict[int, int] = {}
        self._number = 0
        self.last_tick = time.monotonic()

    def started_from(self, committed: Mapping[int, int | None]) -> None:
        """New partitions, with the offsets that are committed already."""
        self._committed = {p: offset for p, offset in committed.items() if offset is not None}

    async def run(self, interval_s: float) -> None:
        """Writes what is due, for ever."""
        while True:
            await asyncio.sleep(interval_s / ROUNDS_PER_INTERVAL)
            self.last_tick = time.monotonic()
            await self.write(everything=False, reason="turn")

    async def write(self, everything: bool, reason: str) -> None:
        """Makes the due slots (or all dirty ones) durable, and commits. Ends the process when anything fails."""
        try:
            async with self._one_at_a_time:
                while await self._round(everything, reason):
                    pass
        except Exception as error:
            die("checkpoint_failed", reason=reason, error=repr(error))

    async def _round(self, everything: bool, reason: str) -> bool:
        """One round; True when it left due slots for another."""
        started = time.monotonic()
        taken, rows, more = self._take(everything)
        if not rows and not self._behind(taken):
            return False
        self._number += 1
        note = log.bind(checkpoint=self._number, reason=reason)
        note.debug("checkpoint_begin", rows=len(rows), positions=taken.positions)
        await self._outbox.settled()
        note.debug("checkpoint_outputs_delivered")
        await asyncio.gather(*[self._write_row(partition, key, row) for (partition, key), row in rows])
        size = sum(len(row) for _, row in rows)
        note.debug("checkpoint_rows_written", rows=len(rows), bytes=size)
        self._planner.durable(taken)
        offsets = await self._commit_progress(taken)
        seconds = time.monotonic() - started
        note.debug("checkpoint_committed", offsets=offsets, seconds=round(seconds, 4))
        self._watcher.checkpointed(len(rows), size, seconds)
        return more or bool(everything and rows and self._planner.due(time.monotonic(), everything))

    def _take(self, everything: bool) -> tuple[Round, list[tuple[tuple[int, str], bytes]], bool]:
        """Serialises the rows of a round, and says whether it leaves some. No await in here: rows and positions are of
        one moment."""
        rows = []
        size = 0
        due = self._planner.due(time.monotonic(), everything)
        for slot in due[:ROWS_PER_ROUND]:
            row = self._snapshot(*slot)
            rows.append((slot, row))
            self._planner.sized(*slot, len(row))
            size += len(row)
            if size >= BYTES_PER_ROUND:
                break
        return self._planner.begin(slot for slot, _ in rows), rows, len(due) > len(rows)

    def _behind(self, taken: Round) -> bool:
        """Whether a commit is due although no row is: events that changed no slot were read."""
        return bool(self._progress(taken))

    async def _commit_progress(self, taken: Round) -> dict[int, int]:
        offsets = self._progress(taken)
        if offsets and not await self._commit(offsets):
            die("commit_refused", offsets=offsets)
        self._committed.update(offsets)
        return offsets

    def _progress(self, taken: Round) -> dict[int, int]:
        """Offsets that may be committed and are not yet."""
        committable = self._planner.committable(taken)
        return {p: offset for p, offset in committable.items() if offset > self._committed.get(p, -1)}
