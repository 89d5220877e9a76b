"""When the next scrape is due: by the wall, or by the speed of a replay and the engine's progress."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import aiohttp
from structlog.stdlib import get_logger

PATIENCE_S: Final = 5.0
"""Wall time after which a broker that does not acknowledge counts as away: then a replay's time goes on, as in life."""
POLL_S: Final = 0.02
SLOWEST_POLL_S: Final = 0.5
log = get_logger(__name__)


class Pace(Protocol):
    async def until(self, time_s: float) -> None:
        """Returns when the scrape of event time `time_s` is due."""


class WallPace:
    async def until(self, time_s: float) -> None:
        await asyncio.sleep(max(0.0, time_s - time.time()))


class Progress:
    """How far an engine is with some clusters, asked at its /progress."""

    def __init__(self, url: str, clusters: list[str]) -> None:
        self._url = url
        self._clusters = clusters
        self._reached_s: float | None = None
        self._answered = True

    async def wait(self, time_s: float) -> None:
        """Until the engine's watermark is at `time_s` in all clusters. An engine that is away is waited for."""
        poll_s = POLL_S
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            while self._reached_s is None or self._reached_s < time_s:
                self._reached_s = await self._ask(session)
                if self._reached_s is None or self._reached_s < time_s:
                    await asyncio.sleep(poll_s)
                    poll_s = min(poll_s * 1.5, SLOWEST_POLL_S if self._reached_s is None else POLL_S * 5)

    async def _ask(self, session: aiohttp.ClientSession) -> float | None:
        """The slowest cluster's watermark; None while the engine does not answer for all of them."""
        try:
            async with session.get(self._url) as response:
                response.raise_for_status()
                clusters = (await response.json())["clusters"]
                reached_s = min(float(clusters[name]["watermark_s"]) for name in self._clusters)
        except (aiohttp.ClientError, TimeoutError, KeyError, TypeError, ValueError) as error:
            if self._answered:
                log.info("engine_does_not_answer", url=self._url, error=repr(error))
            self._answered = False
            return None
        self._answered = True
        return reached_s


class ReplayPace:
    """`speed` event seconds a second after `fast_until_s`, before it (and with speed 0) as fast as possible.

    `emptied(timeout_s)`: waits for what was sent before to be acknowledged, or messages would be stamped as sent later
    than they are. At a finite speed a broker that is away for `PATIENCE_S` is no longer waited for; as fast as possible
    has no time of its own, so there it is. `lag_s(time_s)`: how far `progress` may be behind.
    """

    def __init__(
        self,
        start_s: float,
        fast_until_s: float,
        speed: float,
        emptied: Callable[[float | None], Awaitable[bool]],
        has_room: Callable[[], bool],
        progress: Progress | None = None,
        lag_s: float = 600.0,
        lag_fast_s: float = 3600.0,
    ) -> None:
        self._start_s, self._fast_until_s, self._speed = start_s, fast_until_s, speed
        self._emptied, self._has_room = emptied, has_room
        self._progress = progress
        self._lag_s, self._lag_fast_s = lag_s, lag_fast_s
        self._due: tuple[float, float] | None = None
        self._before_s: float | None = None
        self._away = False

    async def until(self, time_s: float) -> None:
        fast = self._speed == 0 or time_s < self._fast_until_s
        await self._let_spool_empty(fast)
        if self._progress is not None and self._before_s is not None:
            # Across a gap in the trace nothing moves the engine further than the scrape before the gap.
            behind_s = min(time_s - (self._lag_fast_s if fast else self._lag_s), self._before_s)
            if behind_s >= self._start_s:
                await self._progress.wait(behind_s)
        self._before_s = time_s
        if not fast:
            await self._sleep_until_due(time_s)

    async def _let_spool_empty(self, fast: bool) -> None:
        if fast or not self._has_room():
            await self._emptied(None)
            self._away = False
        else:
            self._away = not await self._emptied(0.0 if self._away else PATIENCE_S)

    async def _sleep_until_due(self, time_s: float) -> None:
        """A scrape that is late moves all later ones: time that was lost is not made up for in a burst."""
        now = time.monotonic()
        due = now if self._due is None else max(now, self._due[0] + (time_s - self._due[1]) / self._speed)
        self._due = (due, time_s)
        await asyncio.sleep(due - now)
