"""The engine's parts and its life: partitions come, their state is recovered, events are folded, partitions go.

    assigned ─▶ recovering ─▶ running ─▶ revoked (checkpoint, drop) ─▶ assigned … ─▶ stopping (checkpoint)
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final, Literal

import structlog

from engine.core.context import Context
from engine.core.partition import PartitionFold
from engine.errors import StateError
from engine.shell import adapter, memory
from engine.shell.brokers import TopicDirectory
from engine.shell.checkpoints import PERIOD_SHARE, Checkpointer
from engine.shell.exits import die
from engine.shell.membership import Membership
from engine.shell.outbox import Headers, Outbox, Records
from engine.shell.planner import Planner
from engine.shell.processor import Processor
from engine.shell.settings import EVENTS, EngineSettings
from engine.shell.tables import Rows
from engine.shell.telemetry import Telemetry

log = structlog.get_logger("engine")
Phase = Literal["starting", "recovering", "running", "rebalancing", "stopping"]
UNUSABLE: Final = 2
SLOTS_LOADED_AT_A_TIME: Final = 10


class Engine:
    """Owns the parts and moves them through the phases; `partitions` is the number of `events`."""

    def __init__(self, app: Any, settings: EngineSettings, partitions: int, context: Context) -> None:
        self.app = app
        self.settings = settings
        self.partitions = partitions
        self.context = context
        self.phase: Phase = "starting"
        self.telemetry = Telemetry()
        self.membership = Membership(settings.heartbeat_valid_s)
        self.planner = Planner(PERIOD_SHARE * settings.checkpoint_interval, settings.checkpoint_bandwidth * 2**20)
        self.outbox = Outbox(self._send, self._send_many, TopicDirectory(settings.broker).exists)
        self.processor = Processor(
            settings.broker,
            self.planner,
            self.outbox,
            self.telemetry,
            lambda message: adapter.is_current(app, message),
        )
        self.rows = Rows(app, partitions, self.on_recovered)
        self.checkpointer = Checkpointer(
            self.planner, self.outbox, self._snapshot, self._write_row, self._commit, self.telemetry
        )
        self._assigned_at = time.monotonic()
        self._overwritten: list[tuple[int, str]] = []
        self._sizes: list[tuple[int, str, int]] = []

    async def _send(self, topic: str, key: bytes, value: bytes, headers: Headers) -> Any:
        await self.membership.confirm()
        return await adapter.send(self.app, topic, key, value, headers)

    async def _send_many(self, topic: str, records: Records) -> Any:
        await self.membership.confirm()
        return await adapter.send_many(self.app, topic, records)

    def _snapshot(self, partition: int, key: str) -> bytes:
        return self.processor.folds[partition].snapshot(key)

    async def _write_row(self, partition: int, key: str, row: bytes) -> Any:
        await self.membership.confirm()
        return await self.rows.write(partition, key, row)

    async def _commit(self, offsets: Any) -> bool:
        await self.membership.confirm()
        return await adapter.commit(self.app, EVENTS, offsets)

    def on_assigned(self, partitions: set[int]) -> None:
        """The group gave these partitions; Faust now recovers their rows."""
        self.phase = "recovering"
        self._assigned_at = time.monotonic()
        self.telemetry.rebalances.inc()
        log.info("partitions_assigned", partitions=sorted(partitions))

    async def on_recovered(self) -> None:
        """All rows were read from the changelog: they move into the folds. Ends the process if one is unusable."""
        held = adapter.assigned_partitions(self.app, EVENTS)
        if held != adapter.recovered_partitions(self.app):
            die("state_elsewhere", events=sorted(held), state=sorted(adapter.recovered_partitions(self.app)))
        folds = {p: PartitionFold(p, self.partitions, self.context) for p in held}
        overwritten: list[tuple[int, str]] = []
        self._sizes = []
        for number, (partition, key, row, stale_behind) in enumerate(self.rows.drain(), start=1):
            try:
                folds[partition].load(key, row)
            except StateError as error:
                die("state_unusable", UNUSABLE, key=key, error=str(error))
            self._sizes.append((partition, key, len(row)))
            if stale_behind:
                overwritten.append((partition, key))
            if number % SLOTS_LOADED_AT_A_TIME == 0:
                await asyncio.sleep(0)
        self.processor.folds = folds
        self._overwritten = overwritten
        memory.settle()
        seconds = time.monotonic() - self._assigned_at
        self.telemetry.recovery_duration.set(seconds)
        size = sum(size for *_, size in self._sizes)
        self.telemetry.recovered_bytes.set(size)
        slots = sum(len(fold.slots) for fold in folds.values())
        log.info("recovered", partitions=sorted(held), slots=slots, bytes=size, seconds=round(seconds, 3))

    def on_resumed(self, committed: dict[int, int | None]) -> None:
        """Events flow again, from the committed offsets on."""
        self.planner.drop_all()
        for partition, offset in committed.items():
            self.planner.take(partition, offset)
        for sized in self._sizes:
            self.planner.sized(*sized)
        for partition, key in self._overwritten:
            log.warning("row_overwritten_by_zombie", partition=partition, key=key)
            self.planner.rewrite(partition, key, time.monotonic())
        self.checkpointer.started_from(committed)
        self.telemetry.partitions.set(len(committed))
        self.processor.accepting = True
        self.phase = "running"
        log.info("running", committed={p: committed[p] for p in sorted(committed)})

    async def on_revoking(self, partitions: set[int]) -> None:
        """The group takes these partitions: what changed becomes durable, then all of them are dropped."""
        self.processor.accepting = False
        self.phase = "rebalancing"
        log.info("partitions_revoked", partitions=sorted(partitions))
        await self._checkpoint_everything("revoke")
        self._drop_all()

    async def on_stopping(self) -> None:
        """Before the consumer leaves the group."""
        self.processor.accepting = False
        self.phase = "stopping"
        await self._checkpoint_everything("shutdown")
        self.membership.leaving = True
        log.info("stopped")

    async def _checkpoint_everything(self, reason: str) -> None:
        try:
            async with asyncio.timeout(self.settings.release_timeout_s):
                await self.checkpointer.write(everything=True, reason=reason)
        except TimeoutError:
            die("checkpoint_timeout", reason=reason, dirty=self.planner.dirty_count())
        log.info("checkpoint_complete", reason=reason)

    def _drop_all(self) -> None:
        self.planner.drop_all()
        self.outbox.drop_all()
        self.processor.folds = {}
        self.telemetry.partitions.set(0)
