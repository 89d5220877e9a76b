"""Pace of a replay, against a real clock and a real server; tolerances are wide because the machine is shared."""

from __future__ import annotations

import asyncio
import time

from aiohttp import web
from aiohttp.test_utils import TestServer

from agents.collector.pace import Progress, ReplayPace


async def emptied(timeout_s: float | None) -> bool:
    return True


def pace(speed: float, fast_until_s: float, progress: Progress | None = None) -> ReplayPace:
    return ReplayPace(0.0, fast_until_s, speed, emptied, lambda: True, progress, 600.0, 3600.0)


def seconds(pace: ReplayPace, times: list[float]) -> float:
    async def run() -> float:
        start = time.monotonic()
        for time_s in times:
            await pace.until(time_s)
        return time.monotonic() - start

    return asyncio.run(run())


def test_speed_zero_never_sleeps() -> None:
    assert seconds(pace(0.0, 0.0), [300.0 * k for k in range(1000)]) < 1.0


def test_speed_is_event_seconds_a_second() -> None:
    assert 0.3 <= seconds(pace(1000.0, 0.0), [0.0, 100.0, 200.0, 300.0]) < 2.0


def test_fast_until_some_time_then_paced() -> None:
    """900 s are fast; the paced part starts at 900 and is 200 s long at 1,000 s a second."""
    assert 0.2 <= seconds(pace(1000.0, 900.0), [0.0, 300.0, 600.0, 900.0, 1100.0]) < 1.5


def test_waits_for_the_engine() -> None:
    """The engine's watermark moves by 300 s each time it is asked, once it knows the cluster."""
    asked: list[float] = []

    async def progress(_: web.Request) -> web.Response:
        asked.append(time.monotonic())
        clusters = {"c": {"watermark_s": 300.0 * len(asked), "slots": 1}} if len(asked) > 2 else {}
        return web.json_response({"clusters": clusters})

    async def run() -> tuple[int, int, int]:
        app = web.Application()
        app.router.add_get("/progress", progress)
        async with TestServer(app) as server:
            waiting = pace(0.0, 0.0, Progress(str(server.make_url("/progress")), ["c"]))
            await waiting.until(3000.0)  # within the lag of the fast phase: nobody is asked
            first = len(asked)
            await waiting.until(3600.0 + 1200.0)  # needs 1,200 s: the fourth answer
            second = len(asked)
            await waiting.until(3600.0 + 1200.0)
            return first, second, len(asked)

    assert asyncio.run(run()) == (0, 4, 4)


def test_a_gap_longer_than_the_lag_is_crossed_once_the_engine_has_the_scrape_before_it() -> None:
    async def progress(_: web.Request) -> web.Response:
        return web.json_response({"clusters": {"c": {"watermark_s": 7200.0, "slots": 1}}})

    async def run() -> None:
        app = web.Application()
        app.router.add_get("/progress", progress)
        async with TestServer(app) as server:
            waiting = pace(0.0, 0.0, Progress(str(server.make_url("/progress")), ["c"]))
            await waiting.until(7200.0)
            await asyncio.wait_for(waiting.until(90_000.0), 5.0)

    asyncio.run(run())


def test_a_broker_that_is_away_is_waited_for_once_at_a_finite_speed() -> None:
    patience: list[float | None] = []

    async def away(timeout_s: float | None) -> bool:
        patience.append(timeout_s)
        return False

    paced = ReplayPace(0.0, 0.0, 1e6, away, lambda: True)
    seconds(paced, [0.0, 1.0, 2.0])
    assert patience == [5.0, 0.0, 0.0]
    full = ReplayPace(0.0, 0.0, 1e6, away, lambda: False)
    patience.clear()
    seconds(full, [0.0])
    assert patience == [None]
