"""`trimtab collect otlp`: the job, and the receiver beside its source."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from aiohttp import web
from prometheus_client import generate_latest
from structlog.stdlib import get_logger

from agents.collector.clock import WallClock
from agents.collector.jobs import has_room
from agents.collector.pace import WallPace
from agents.collector.run import Job
from agents.collector.source import Source
from agents.collector.sources.otlp.board import Board
from agents.collector.sources.otlp.receiver import Receiver
from agents.collector.sources.otlp.settings import OtlpSettings
from agents.collector.sources.otlp.telemetry import OtlpTelemetry
from agents.collector.sources.prometheus.folding import Folding
from agents.collector.sources.watched import WatchedSource
from agents.collector.spool import Spool
from agents.collector.startup import Ground
from engine.errors import UserError

STOP_S: Final = 2.0
log = get_logger(__name__)


def otlp_job(settings: OtlpSettings) -> Job:
    """Raises UserError for a token that cannot be read."""
    telemetry = OtlpTelemetry()
    if settings.token_file is not None and not settings.token_file.is_file():
        raise UserError(f"--token-file {settings.token_file} is no file.")

    def prepare(ground: Ground, spool: Spool) -> Source:
        return WatchedSource(
            ground.clusters[0], settings.interval, None, lambda: has_room(settings, spool), time.time
        )

    async def beside(source: Source) -> None:
        assert isinstance(source, WatchedSource)
        await receive(settings, source, telemetry)

    return Job(
        [settings.cluster], "wall", WallClock(), prepare, lambda *_: WallPace(), {}, beside,
        lambda: generate_latest(telemetry.registry),
    )  # fmt: skip


async def receive(settings: OtlpSettings, source: WatchedSource, telemetry: OtlpTelemetry) -> None:
    """Listens, and brings the source what was heard, until cancelled. Raises UserError: the port is taken."""
    board, folding = Board(), Folding()
    receiver = Receiver(board, telemetry, settings.body_bytes, settings.token_file)
    runner = web.AppRunner(receiver.app(), access_log=None, auto_decompress=False, shutdown_timeout=STOP_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        log.info("listening", host=settings.host, port=runner.addresses[0][1])
        while True:
            await asyncio.sleep(settings.interval)
            now_s = time.time()
            source.bring_look(folding.folded(board.sampled(now_s), board.facts()), now_s)
    except OSError as error:
        raise UserError(f"Cannot listen on {settings.host}:{settings.port}: {error.strerror or error}.") from error
    finally:
        await runner.cleanup()
