"""`trimtab collect prometheus`: the job, and the watcher beside its source."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from prometheus_client import generate_latest
from structlog.stdlib import get_logger

from agents.collector.clock import WallClock
from agents.collector.jobs import has_room
from agents.collector.pace import WallPace
from agents.collector.run import Job
from agents.collector.source import Source
from agents.collector.sources.prometheus.api import Api, QueryError
from agents.collector.sources.prometheus.expressions import Expressions
from agents.collector.sources.prometheus.live import Live
from agents.collector.sources.prometheus.past import read_known, read_past, stretch
from agents.collector.sources.prometheus.settings import PrometheusSettings
from agents.collector.sources.prometheus.telemetry import PrometheusTelemetry
from agents.collector.sources.watched import REACHED, WatchedSource
from agents.collector.spool import Spool
from agents.collector.startup import Ground
from engine.errors import UserError

GAP_S: Final = 600.0
"""What is missing of more than this is read as past: at the first start, after a pause, after an outage."""
PAUSE_S: Final = 15.0
log = get_logger(__name__)


def prometheus_job(settings: PrometheusSettings) -> Job:
    def prepare(ground: Ground, spool: Spool) -> Source:
        reached = spool.fact(REACHED)
        reached_s = float(reached) if isinstance(reached, float) else None
        return WatchedSource(
            ground.clusters[0], settings.interval, reached_s, lambda: has_room(settings, spool), time.time
        )

    telemetry = PrometheusTelemetry()

    async def beside(source: Source) -> None:
        assert isinstance(source, WatchedSource)
        async with Api(settings) as api:
            await Watcher(settings, api, source, telemetry=telemetry).run()

    return Job(
        [settings.cluster], "wall", WallClock(), prepare, lambda *_: WallPace(), {"url": settings.url}, beside,
        lambda: generate_latest(telemetry.registry),
    )  # fmt: skip


class Watcher:
    """Asks the Prometheus, and brings the source what it answers. An outage is waited for, once there was an answer."""

    def __init__(
        self, settings: PrometheusSettings, api: Api, source: WatchedSource, now_s: Callable[[], float] = time.time,
        telemetry: PrometheusTelemetry | None = None,
    ) -> None:  # fmt: skip
        self._settings, self._api, self._source, self._now_s = settings, api, source, now_s
        self._telemetry = telemetry or PrometheusTelemetry()
        self._expressions = Expressions(settings.selector)
        self._live = Live(api, self._expressions)
        self._answered, self._away = False, False

    async def run(self) -> None:
        """Until cancelled. Raises UserError where there never was an answer, and a person must mend why."""
        while True:
            started = time.monotonic()
            try:
                await self.once()
            except (QueryError, UserError) as error:
                if isinstance(error, UserError) and not self._answered:
                    raise
                self._telemetry.failed()
                if not self._away:
                    log.warning("prometheus_away", error=str(error))
                self._away = True
                await asyncio.sleep(PAUSE_S)
                continue
            self._telemetry.up.set(1)
            if self._away:
                log.info("prometheus_answers_again")
            self._answered, self._away = True, False
            await asyncio.sleep(max(0.0, self._settings.interval - (time.monotonic() - started)))

    async def once(self) -> None:
        """What is missing, then what is newest. Raises QueryError, UserError."""
        await self._catch_up()
        now_s = self._now_s()
        self._source.bring_look(await self._live.look(now_s, self._source.past_s), now_s)

    async def _catch_up(self) -> None:
        """Brings the past, until what is missing is less than `GAP_S`. Raises QueryError, UserError."""
        known = None
        while self._missing_s() > GAP_S:
            now_s = self._now_s()
            span = stretch(self._source.reached_s, self._settings.days, now_s, self._settings.step)
            if span.steps == 0:
                break
            if known is None:
                known = await read_known(self._api, self._expressions, now_s)
                log.info("reading_the_past", days=round((now_s - span.start_s) / 86_400, 2))
            past = await read_past(self._api, self._expressions, span, known)
            log.debug("past_read", until_s=span.end_s, containers=len(past.specs))
            await self._source.bring_past(past)
            self._telemetry.missing.set(self._missing_s())
        if known is not None:
            await self._source.consumed()
            self._telemetry.missing.set(0.0)
            log.info("past_read", until_s=self._source.reached_s)

    def _missing_s(self) -> float:
        reached_s = self._source.reached_s
        whole_s = self._settings.days * 86_400
        return whole_s if reached_s is None else min(whole_s, self._now_s() - reached_s)
