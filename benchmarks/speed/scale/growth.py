"""Does a container cost more the longer it is known? CPU time and bytes of state by days of event time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from benchmarks.speed.scale.fleet import DISTINCT
from benchmarks.speed.scale.warm import Warm
from engine.core.snapshot import pack
from engine.units import DAY_S

DAYS: Final = 30


def growth(say: Callable[[str], None]) -> list[dict[str, float]]:
    """By day: microseconds of CPU a container and day, bytes of state a container. A scrape in five minutes."""
    began_s = 1.7e9
    warm = Warm(began_s, phases=1)
    days: list[dict[str, float]] = []
    for day in range(1, DAYS + 1):
        started = time.process_time()
        warm.until(began_s + day * DAY_S, last_s=0.0)
        spent = time.process_time() - started
        days.append({"day": day, "us": spent / DISTINCT * 1e6, "bytes": len(pack(warm.state(0))) / DISTINCT})
        if day % 10 == 0:
            say(f"day {day}: {days[-1]['us']:,.0f} µs a container and day, {days[-1]['bytes']:,.0f} bytes")
    return days
