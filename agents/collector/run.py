"""A collector's life: survey, spool, send, scrape, and a clean end."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from structlog.stdlib import get_logger

from agents.collector.clock import Clock
from agents.collector.connection import Connector
from agents.collector.lock import only_one
from agents.collector.message import METRICS, ROSTER, message_of
from agents.collector.pace import Pace
from agents.collector.sender import Sender
from agents.collector.settings import CollectorSettings
from agents.collector.source import Source
from agents.collector.spool import Spool
from agents.collector.startup import Ground, survey
from agents.collector.telemetry import Telemetry
from engine.http import serve

log = get_logger(__name__)


@dataclass(frozen=True)
class Job:
    """What differs between sources: `names` of clusters, their declared clock, and how to make the parts.

    `prepare` raises UserError, before anything is sent.
    """

    names: list[str]
    kind: Literal["wall", "replay"]
    clock: Clock
    prepare: Callable[[Ground, Spool], Source]
    pace: Callable[[Source, Sender, Spool], Pace]
    about: Mapping[str, Any]
    """What the summary says of the source."""
    beside: Callable[[Source], Coroutine[Any, Any, None]] | None = None
    """Runs along the source, for what it does asynchronously; where it fails, the collector ends."""
    metrics: Callable[[], bytes] = bytes
    """Text of the source's own metrics."""
    fence: Callable[[], None] = lambda: None
    """Called before each send; does not return where this process may not write any more."""


async def collect(settings: CollectorSettings, job: Job) -> dict[str, Any]:
    """Runs until the source ends or a signal stops it; returns the summary. Raises UserError."""
    with only_one(settings.spool):
        spool = Spool(settings.spool, settings.spool_bytes, settings.spool_age)
        try:
            ground = await survey(settings.broker, job.names, job.kind, spool)
            source = job.prepare(ground, spool)
            return await Collector(settings, job, ground, spool, source).run()
        finally:
            spool.close()


class Collector:
    """One run."""

    def __init__(
        self, settings: CollectorSettings, job: Job, ground: Ground, spool: Spool, source: Source
    ) -> None:
        self._settings, self._job, self._ground = settings, job, ground
        self._spool, self._source = spool, source
        self._telemetry = Telemetry()
        self._connector = Connector(settings.broker)
        self._sender = Sender(spool, self._connector, ground.partitions, job.clock, self._telemetry, job.fence)
        self._watch_spool()

    async def run(self) -> dict[str, Any]:
        server, port = await serve(
            self._settings.http_host, self._settings.http_port, self._telemetry.registry, lambda: None,
            self._not_ready, more_metrics=self._job.metrics,
        )  # fmt: skip
        log.info("collecting", clusters=self._job.names, http_port=port, waiting=self._spool.waiting().messages)
        sending = asyncio.create_task(self._sender.run())
        scraping = asyncio.create_task(self._scrape())
        beside = [asyncio.create_task(self._job.beside(self._source))] if self._job.beside else []
        stopped = _on_signals(scraping)
        try:
            await asyncio.wait({sending, scraping, *beside}, return_when=asyncio.FIRST_COMPLETED)
            for task in (sending, *beside):
                if task.done():
                    scraping.cancel()
                    task.result()
            if not scraping.cancelled():
                scraping.result()
            await self._finish(sending, stopped)
        finally:
            tasks = {sending, scraping, *beside}
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await self._connector.close()
            await server.cleanup()
        return self._summary(bool(stopped))

    async def _scrape(self) -> None:
        pace = self._job.pace(self._source, self._sender, self._spool)
        while True:
            self._telemetry.scrapes_skipped.inc(self._source.skip_overdue(self._job.clock.now_s()))
            if (time_s := self._source.next_s()) is None:
                return
            await pace.until(time_s)
            self._job.clock.reached(time_s)
            with self._telemetry.scrape_seconds.time():
                self._take(time_s)

    def _take(self, time_s: float) -> None:
        scrape = self._source.take()
        if not scrape.events and not scrape.facts:
            return  # a source that only looked whether there is something
        messages = [message_of(event, self._ground.partitions) for event in scrape.events]
        dropped = self._spool.put(messages, time.time(), scrape.facts)
        self._telemetry.taken(messages, time_s, dropped)
        if dropped:
            log.warning("spool_full", dropped=dropped, waiting=self._spool.waiting().messages)
            self._source.rosters_lost()
        self._sender.wake()

    async def _finish(self, sending: asyncio.Task[None], stopped: list[str]) -> None:
        """The source has ended: all that is in the spool is sent, however long that takes; after a signal, briefly."""
        emptying = asyncio.create_task(self._sender.emptied(self._settings.flush_timeout if stopped else None))
        _on_signals(emptying, stopped)
        await asyncio.wait({sending, emptying}, return_when=asyncio.FIRST_COMPLETED)
        emptying.cancel()
        if sending.done():
            sending.result()

    def _not_ready(self) -> str | None:
        return None if self._connector.connected else "not connected to the broker"

    def _watch_spool(self) -> None:
        metrics = self._telemetry
        metrics.spool_messages.set_function(lambda: self._spool.waiting().messages)
        metrics.spool_bytes.set_function(lambda: self._spool.waiting().bytes)
        metrics.spool_age.set_function(lambda: time.time() - (self._spool.oldest_taken_s() or time.time()))
        metrics.connected.set_function(lambda: float(self._connector.connected))

    def _summary(self, stopped: bool) -> dict[str, Any]:
        """Totals since this replay began, or since this start of a live source."""
        counts = self._spool.counters()
        return {
            "clusters": self._job.names,
            **self._job.about,
            "samples_taken": counts["samples_taken"],
            "samples_sent": counts["samples_sent"],
            "messages": counts[f"{METRICS}_sent"],
            "rosters": counts[f"{ROSTER}_sent"],
            "dropped": counts["samples_dropped"],
            "dropped_messages": counts["messages_dropped"],
            "set_aside": counts["samples_set_aside"],
            "set_aside_messages": counts["messages_set_aside"],
            "unsent_messages": self._spool.waiting().messages,
            "reconnects": max(0, self._connector.connects - 1),
            "stopped": stopped,
        }


def _on_signals(task: asyncio.Task[Any], stopped: list[str] | None = None) -> list[str]:
    """SIGTERM and SIGINT cancel the task; the list then holds the signal's name."""
    names: list[str] = [] if stopped is None else stopped

    def stop(number: signal.Signals) -> None:
        log.info("stopping", signal=number.name)
        names.append(number.name)
        task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop, number)
    return names
