"""Builds the engine. Nothing is built when a module is imported: `make_app(settings)` builds, `run(settings)` runs."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from typing import Any, Final

import faust
import mode
import structlog

from engine.core.context import Context
from engine.core.warm_up import warm_up
from engine.http import serve
from engine.shell import adapter, health, memory
from engine.shell.brokers import required_partitions
from engine.shell.context import shipped_context
from engine.shell.engine import Engine
from engine.shell.exits import die
from engine.shell.quiet import quieten
from engine.shell.settings import APP_ID, EVENTS, LARGEST_MESSAGE, LARGEST_ROW, EngineSettings

log = structlog.get_logger("engine")
SWITCH_S: Final = 0.0005
"""The thread that fetches needs the interpreter several times a fetch; it would wait 5 ms each time while we fold."""
EVENTS_AT_A_TIME: Final = 256
QUEUE: Final = 64
"""Fetched messages that wait: events and, in a recovery, rows of some MB each."""
BATCH_BYTES: Final = 2**20


def faust_settings(settings: EngineSettings, partitions: int) -> dict[str, Any]:
    """The settings of Faust that go with checkpoints of our own (no acks, no automatic commits, no standbys)."""
    return {
        "broker": [f"kafka://{server}" for server in settings.broker.split(",")],
        "datadir": settings.data_dir,
        "store": "memory://",
        "Table": adapter.StateTable,
        "key_serializer": "raw",
        "value_serializer": "raw",
        "topic_partitions": partitions,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "table_standby_replicas": 0,
        "stream_wait_empty": False,
        "stream_buffer_maxsize": QUEUE,
        "web_enabled": False,
        "canonical_url": f"http://{worker_name(settings)}",
        "producer_linger": 0.001,
        "producer_max_batch_size": BATCH_BYTES,
        "producer_max_request_size": LARGEST_ROW,
        "producer_acks": -1,
        "producer_request_timeout": settings.delivery_timeout,
        "consumer_auto_offset_reset": "earliest",
        "consumer_max_fetch_size": LARGEST_MESSAGE,
        "consumer_group_instance_id": settings.instance_id,
        "broker_session_timeout": settings.session_timeout,
        "broker_heartbeat_interval": settings.heartbeat_interval,
        "broker_rebalance_timeout": settings.rebalance_timeout,
        "broker_request_timeout": max(30.0, settings.session_timeout, settings.rebalance_timeout + 10.0),
    }


def worker_name(settings: EngineSettings) -> str:
    """Faust tells workers apart by a URL; a static member must come back under the same one."""
    return settings.instance_id or f"{socket.gethostname()}-{os.getpid()}"


def make_engine(settings: EngineSettings, partitions: int, context: Context | None = None) -> Engine:
    """The engine and its Faust app (`.app`), wired and not started."""
    app = faust.App(APP_ID, **faust_settings(settings, partitions))
    engine = Engine(app, settings, partitions, context or shipped_context())
    hooks = adapter.Hooks(EVENTS, engine.membership, engine.on_revoking, engine.on_resumed)
    adapter.install(app, hooks)
    source = app.topic(EVENTS, key_type=bytes, value_type=bytes, acks=False)

    async def processor(stream: Any) -> None:
        await engine.processor.run(adapter.batches(stream, EVENTS_AT_A_TIME))

    async def assigned(_: Any, assigned: set[Any], **__: Any) -> None:
        engine.on_assigned({tp.partition for tp in assigned if tp.topic == EVENTS})

    async def stopping(_: Any, **__: Any) -> None:
        await engine.on_stopping()

    app.agent(source, name="processor")(processor)
    app.on_partitions_assigned.connect(assigned, weak=False)
    app.on_before_shutdown.connect(stopping, weak=False)
    return engine


def make_app(settings: EngineSettings) -> Any:
    """The Faust app, for who wants nothing else. Raises UserError when the broker or its topics are not there."""
    return make_engine(settings, required_partitions(settings.broker)).app


class Surroundings(mode.Service):  # type: ignore[misc]
    """What runs beside the app and starts before it: HTTP, so that readiness can say no, checkpoints and gauges.

    The app, and with it the recovery, starts when the forecast is compiled.
    """

    def __init__(self, engine: Engine, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.engine = engine
        self._runner: Any = None

    async def on_start(self) -> None:
        engine, settings = self.engine, self.engine.settings
        self._runner, port = await serve(
            settings.http_host,
            settings.http_port,
            engine.telemetry.registry,
            live=lambda: health.live(engine),
            ready=lambda: health.ready(engine),
            pages={"/progress": lambda: health.progress(engine)},
            more_metrics=lambda: engine.telemetry.namespaces_text,
        )
        log.info("http_listening", host=settings.http_host, port=port)
        started = time.monotonic()
        await asyncio.to_thread(warm_up)  # else the first bucket to close would wait for it, and with it the heartbeats
        log.info("forecast_compiled", seconds=round(time.monotonic() - started, 3))
        self.add_future(self._forever(engine.checkpointer.run(settings.checkpoint_interval)))
        self.add_future(self._forever(health.watch(engine)))

    async def _forever(self, work: Any) -> None:
        try:
            await work
        except Exception as error:
            log.exception("background_task_failed")
            die("background_task_failed", error=repr(error))

    async def on_stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()


def run(settings: EngineSettings) -> None:
    """Runs one worker until SIGTERM or SIGINT. Raises UserError when the broker or its topics are not there."""
    partitions = required_partitions(settings.broker)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    quieten()
    memory.keep_freed_blocks()
    sys.setswitchinterval(SWITCH_S)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    engine = make_engine(settings, partitions)
    log.info("engine_starting", pid=os.getpid(), broker=settings.broker, partitions=partitions)
    worker = adapter.EngineWorker(engine.app, Surroundings(engine, loop=loop), loop=loop)
    worker.execute_from_commandline()
