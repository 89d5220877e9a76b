"""How much of a trace is replayed and when what happens, so that it all ends in minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.units import BUCKET_S, DAY_S

PACED_SHARE: Final = 0.36
"""Of the days: the last part, which is replayed slowly enough that outcomes land within a bucket."""
PACED_WALL_S: Final = 85.0
SLOWEST_BUCKET_S: Final = 0.2
QUICKEST_BUCKET_S: Final = 0.05
PILOT_SHARE: Final = 0.25
"""Of the paced part: then auto-pilot is turned on."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Event times in seconds. Up to `paced_s` as fast as the engine follows, then `bucket_wall_s` a bucket."""

    start_s: float
    paced_s: float
    pilot_s: float
    end_s: float
    bucket_wall_s: float

    @property
    def days(self) -> float:
        return (self.end_s - self.start_s) / DAY_S

    def day_of(self, time_s: float) -> float:
        """Days since the replay's start, within 0..days."""
        return min(max(0.0, time_s - self.start_s), self.end_s - self.start_s) / DAY_S

    @property
    def speed(self) -> float:
        """Event seconds in a second of the wall clock, in the paced part."""
        return BUCKET_S / self.bucket_wall_s


def plan(start_s: float, end_s: float) -> Plan:
    """For a trace, or the part of it that is replayed."""
    paced_buckets = max(1.0, (end_s - start_s) * PACED_SHARE / BUCKET_S)
    bucket_wall_s = min(SLOWEST_BUCKET_S, max(QUICKEST_BUCKET_S, PACED_WALL_S / paced_buckets))
    buckets = min(paced_buckets, PACED_WALL_S / bucket_wall_s)
    paced_s = end_s - round(buckets) * BUCKET_S
    return Plan(start_s, paced_s, paced_s + PILOT_SHARE * (end_s - paced_s), end_s, bucket_wall_s)
