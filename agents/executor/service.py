"""The process `trimtab execute`: opens what an executor needs, runs until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any, Final

import structlog

from agents.clusters import read_declaration
from agents.executor.connections import open_inbox, open_producer
from agents.executor.executor import Executor
from agents.executor.inbox import Inbox
from agents.executor.kubernetes.opening import election_of, open_kubernetes
from agents.executor.late import cancel
from agents.executor.ledger import Ledger
from agents.executor.report import Reporter
from agents.executor.settings import ExecutorSettings
from agents.executor.targets import Clock, Target, open_target
from agents.executor.telemetry import Telemetry
from agents.kubernetes.lease import Election
from engine.errors import UserError
from engine.http import serve
from engine.messages import Cluster

FINISH_S: Final = 5.0
"""How long a batch that is under way may take to finish after SIGTERM; what remains is in the ledger."""
PRUNE_S: Final = 3600.0
BEGUN_S: Final = 1800.0
"""What was begun longer ago is not under way any more."""

log = structlog.get_logger()


async def run(settings: ExecutorSettings) -> None:
    """Runs until SIGTERM or SIGINT. Raises UserError for what the person at the keyboard can mend."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    declaration = await read_declaration(settings.broker, settings.cluster)
    _require_clock(settings, declaration)
    async with AsyncExitStack() as stack:
        opening = asyncio.create_task(_Service.open(settings, declaration, stack))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([opening, stopping], return_when=asyncio.FIRST_COMPLETED)
        if opening.done():
            await opening.result().run_until(stop)
        await cancel([opening, stopping])  # it may stand by for a lease
    log.info("stopped")


def _require_clock(settings: ExecutorSettings, declaration: Cluster) -> None:
    if settings.clock != declaration.clock:
        raise UserError(
            f"Cluster {settings.cluster} is declared with the {declaration.clock} clock: "
            f"start its executor with --clock {declaration.clock}, not {settings.clock}."
        )


class _Service:
    """One executor with its inbox and its web pages."""

    def __init__(
        self,
        executor: Executor,
        inbox: Inbox,
        ledger: Ledger,
        clock: Clock,
        remember_s: float,
        election: Election | None,
    ) -> None:
        self._executor = executor
        self._inbox = inbox
        self._ledger = ledger
        self._clock = clock
        self._remember_s = remember_s
        self._election = election

    @classmethod
    async def open(cls, settings: ExecutorSettings, declaration: Cluster, stack: AsyncExitStack) -> _Service:
        ledger = Ledger(settings.ledger_path(), settings.cluster)
        stack.callback(ledger.close)
        target, clock, election = await _open_target(settings)
        stack.push_async_callback(target.close)
        telemetry = Telemetry()
        producer, partitions = await open_producer(settings.broker, stack)
        now_s = _known(clock)
        reporter = Reporter(producer, settings.cluster, partitions, now_s, telemetry)
        executor = Executor(settings.cluster, declaration.slots, target, ledger, reporter.publish, telemetry, now_s)
        ready = _Ready(reporter)
        runner, port = await serve(
            settings.http_host, settings.http_port, telemetry.registry, lambda: None, ready.problem
        )
        stack.push_async_callback(runner.cleanup)
        if election is not None:
            await election.win()
            stack.push_async_callback(election.release)
        inbox = ready.inbox = await open_inbox(settings, ledger, producer, stack)
        telemetry.watch(inbox.count, ledger.size, lambda: len(ledger.frozen_scopes()))
        log.info("started", cluster=settings.cluster, target=settings.target, clock=settings.clock, http_port=port)
        return cls(executor, inbox, ledger, clock, settings.remember_hours * 3600, election)

    async def run_until(self, stop: asyncio.Event) -> None:
        """Ends after `stop` is set and the batch under way is finished, or raises what a part of it raised."""
        tasks = [asyncio.create_task(part) for part in self._parts()]
        stopping = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        try:
            for task in done:
                task.result()
            async with asyncio.timeout(FINISH_S):
                await self._inbox.handling.acquire()
        except TimeoutError:
            log.warning("stopped with unreported outcomes: the next start sends them")
        finally:
            for task in (*tasks, stopping):
                task.cancel()
            await asyncio.gather(*tasks, stopping, return_exceptions=True)
            await self._executor.stop()

    def _parts(self) -> list[Coroutine[Any, Any, None]]:
        lease = [] if self._election is None else [self._election.hold()]
        own = [self._serve(), self._finish_begun(), self._executor.late_failed(), self._inbox.read(), self._prune()]
        return [*own, *lease]

    async def _serve(self) -> None:
        while self._clock() is None:
            log.info("waiting for the replay to begin")
            await asyncio.sleep(1.0)
        await self._executor.recover()
        await self._executor.serve(self._inbox)

    async def _finish_begun(self) -> None:
        """What was given up while the server was away, say."""
        while True:
            await asyncio.sleep(BEGUN_S)
            await self._executor.finish_begun(BEGUN_S)

    async def _prune(self) -> None:
        while True:
            forgotten = self._ledger.prune(self._remember_s)
            log.debug("ledger pruned", forgotten=forgotten)
            await asyncio.sleep(PRUNE_S)


def _known(clock: Clock) -> Callable[[], float]:
    """The clock, for those who ask only after it has begun."""

    def now_s() -> float:
        time_s = clock()
        assert time_s is not None
        return time_s

    return now_s


async def _open_target(settings: ExecutorSettings) -> tuple[Target, Clock, Election | None]:
    if settings.target == "kubernetes":
        target = await open_kubernetes(settings)
        return target, time.time, election_of(settings, target)
    return *open_target(settings.target, settings.clock, settings.cluster, settings.simulated), None


class _Ready:
    """Whether it does its work. One that stands by is ready to."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self.inbox: Inbox | None = None

    def problem(self) -> str | None:
        if self.inbox is None or self.inbox.joined:
            return self._reporter.problem
        return "not in the consumer group yet"
