"""Units, in one place.

CPU is in cores and memory in bytes wherever a name does not say otherwise. The fold counts in whole quanta
(nanocores, bytes) so that sums do not depend on the order of samples.
"""

from __future__ import annotations

from typing import Final

RESOURCES: Final = ("cpu", "memory")
CPU: Final = 0
MEMORY: Final = 1

QUANTUM: Final = (1e-9, 1.0)
"""Smallest amount counted, by resource: one nanocore, one byte."""
STEP: Final = (0.001, float(2**20))
"""Sizes are decided in these steps, by resource: one millicore, one MiB."""
LARGEST: Final = (1e6, 1e15)
"""Usage above these is refused as out of range, by resource: a million cores, a petabyte."""

BUCKET_S: Final = 300
"""A bucket is five minutes of event time; it is named by its end, a multiple of 300 s."""
HOUR_S: Final = 3600
DAY_S: Final = 86_400
HOURS_PER_MONTH: Final = 730.0
GIB: Final = float(2**30)
EARLIEST_S: Final = 0.0
LATEST_S: Final = 4_102_444_800.0
"""Times outside of 1970..2100 are absurd."""
