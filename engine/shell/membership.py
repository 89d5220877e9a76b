"""Is this worker still a member of its group? Known from the age of the last answered heartbeat, by its own clock.

A worker that was frozen past its session (SIGSTOP, a paused virtual machine, swapping) is a zombie: others own its
partitions, and it does not know. So nothing leaves for the broker unless a heartbeat was answered recently.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from engine.shell.exits import ZOMBIE, die

log = structlog.get_logger("engine.membership")


class Membership:
    """Written by the consumer's thread, read by the main loop; each field is one word, so no lock is needed.

    `valid_s`: how long an answered heartbeat proves membership, in seconds, less than the session timeout.
    """

    def __init__(self, valid_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.valid_s = valid_s
        self.leaving = False
        self._clock = clock
        self._proven = float("-inf")

    def answered(self, sent: float) -> None:
        """A heartbeat sent at `sent` (monotonic) was accepted: the broker's timer restarted after that moment."""
        self._proven = max(self._proven, sent)

    def evicted(self, reason: str) -> None:
        """The coordinator said that it no longer knows us: whatever is still queued here must never be sent."""
        if not self.leaving:
            die("zombie_exit", ZOMBIE, reason=reason, heartbeat_age_s=round(self.age(), 3))

    def age(self) -> float:
        return self._clock() - self._proven

    def proven(self) -> bool:
        return self.age() < self.valid_s

    async def confirm(self) -> None:
        """Returns when membership is proven, without suspending if it is already; waits for a heartbeat otherwise.

        In a broker outage it waits the outage out; for a zombie the next heartbeat ends the process.
        """
        if self.proven():
            return
        log.warning("output_held", heartbeat_age_s=round(self.age(), 3))
        while not self.proven():  # noqa: ASYNC110  (written by another thread: nothing to wait on)
            await asyncio.sleep(0.02)
        log.info("output_resumed")
