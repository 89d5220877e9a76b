"""Clocks of a collector: what "now" means to the events that it sends."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    def now_s(self) -> float:
        """Seconds since 1970 of event time."""

    def reached(self, time_s: float) -> None:
        """Event time has come to `time_s`."""


class WallClock:
    """Events happen now."""

    def now_s(self) -> float:
        return time.time()

    def reached(self, time_s: float) -> None:
        """The wall does not wait to be told."""


class ReplayClock:
    """Stands where the replay is; never goes back."""

    def __init__(self, start_s: float) -> None:
        self._now_s = start_s

    def now_s(self) -> float:
        return self._now_s

    def reached(self, time_s: float) -> None:
        self._now_s = max(self._now_s, time_s)
