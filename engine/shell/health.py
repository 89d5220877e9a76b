"""Is the engine alive, is it ready, and what should its gauges say."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from engine.core.state import SlotState
from engine.shell import adapter, survey
from engine.shell.engine import Engine
from engine.shell.namespaces import count_feedback, count_requests
from engine.shell.settings import EVENTS

STALL_S: Final = 30.0
COUNT_EVERY_S: Final = 1.0
JUDGE_EVERY_S: Final = 5.0
SUM_EVERY_S: Final = 30.0
"""Of sums by namespace, which look at the name of each container: rosters come every ten minutes."""


def live(engine: Engine) -> str | None:
    """Why the engine should be restarted, or None: the loop stalls, or changes of state do not become durable."""
    now = time.monotonic()
    tick = now - engine.checkpointer.last_tick
    if tick > STALL_S + engine.settings.checkpoint_interval + engine.settings.delivery_timeout:
        return f"no checkpoint round has begun for {tick:.0f} s"
    age = engine.planner.oldest_age(now)
    turn = max(engine.settings.checkpoint_interval, engine.planner.period_s)
    if age > STALL_S + 3 * turn + engine.settings.delivery_timeout:
        return f"the oldest change of state has waited {age:.0f} s to be durable"
    return None


def ready(engine: Engine) -> str | None:
    """Why the engine folds nothing now, or None."""
    if engine.phase != "running":
        return f"not ready: {engine.phase}"
    if not adapter.assigned_partitions(engine.app, EVENTS):
        return "not ready: no partition is assigned to this worker"
    if not engine.membership.proven():
        return "not ready: no heartbeat was answered lately"
    return None


def progress(engine: Engine) -> dict[str, Any]:
    return survey.progress(survey.slots_of(engine.processor.folds.values()))


async def watch(engine: Engine) -> None:
    """Keeps the gauges up to date, for ever."""
    telemetry = engine.telemetry

    def states() -> list[SlotState]:
        return survey.slots_of(engine.processor.folds.values())

    async def count() -> None:
        await survey.count(states(), telemetry, time.time(), engine.context.vcpu_performance)
        telemetry.checkpoint_age.set(engine.planner.oldest_age(time.monotonic()))
        telemetry.dirty_slots.set(engine.planner.dirty_count())
        telemetry.outbox_length.set(len(engine.outbox))
        telemetry.queue_length.set(adapter.queue_length(engine.app))
        if engine.membership.age() != float("inf"):
            telemetry.heartbeat_age.set(engine.membership.age())

    async def add_up() -> None:
        await count_feedback(states(), telemetry)
        await count_requests(states(), telemetry, engine.context)
        await asyncio.to_thread(telemetry.write_namespaces)

    await asyncio.gather(
        _regularly(count, COUNT_EVERY_S),
        _regularly(lambda: survey.judge(states(), telemetry), JUDGE_EVERY_S),
        _regularly(add_up, SUM_EVERY_S),
    )


async def _regularly(work: Callable[[], Awaitable[None]], every_s: float) -> None:
    while True:
        await work()
        await asyncio.sleep(every_s)
