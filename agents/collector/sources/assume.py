"""Requests that a trace does not state, as people would have set them: the maximum so far, with headroom in the limits.

A container begins with the maximum of its first hour, as if somebody had tried it for so long. At the end of each of
its days the request is raised to the maximum so far. It is never lowered, and nobody looks in between: a day with a
new maximum is a day of throttling or OOM kills. That is what an engine has to beat.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from agents.collector.sources.windows import Window
from engine.messages import Size
from engine.traces import Floats, Series
from engine.units import CPU, DAY_S, MEMORY

FIRST_S: Final = 3600.0
STEP: Final = (0.01, 16.0 * 2**20)
"""Requests are rounded up to these, by resource: 10 millicores, 16 MiB."""
LIMIT: Final = (2.0, 1.5)
"""Limit as a multiple of the request, by resource."""
NODE_TYPE: Final = "m5.large"


class Assumptions:
    """Maxima so far of the demand of all series, and whose day is over."""

    def __init__(self, trace: list[Series]) -> None:
        first_s = np.array([s.time_s[0] for s in trace])
        self._maximum = np.array([_first_hour(s) for s in trace])
        self._day_ends_s = first_s + DAY_S

    def observe(self, window: Window) -> None:
        self._maximum[window.series] = np.fmax(self._maximum[window.series], window.value)

    def raises(self, time_s: float) -> dict[int, Size]:
        """Series whose day has ended by `time_s`, and the sizes that they are given. Call before `observe`."""
        over = np.flatnonzero(self._day_ends_s <= time_s)
        while (late := self._day_ends_s <= time_s).any():
            self._day_ends_s[late] += DAY_S
        return {int(row): self.size(int(row)) for row in over}

    def size(self, row: int) -> Size:
        """What people would have set by now."""
        return assumed_size(self._maximum[row])


def assumed_size(maximum: Floats) -> Size:
    """Requests and limits for a maximum [2] in cores and bytes; a resource without one is not set.

    >>> assumed_size(np.array([0.123, np.nan]))
    Size(cpu_request=0.13, cpu_limit=0.26, memory_request=None, memory_limit=None)
    """
    cpu, memory = (_request(maximum[resource], STEP[resource]) for resource in (CPU, MEMORY))
    return Size(cpu, _limit(cpu, CPU), memory, _limit(memory, MEMORY))


def _request(maximum: float, step: float) -> float | None:
    """Whole steps, at least one."""
    return None if np.isnan(maximum) else round(max(1.0, float(np.ceil(maximum / step - 1e-9))) * step, 3)


def _limit(request: float | None, resource: int) -> float | None:
    return None if request is None else round(request * LIMIT[resource], 3)


def _first_hour(series: Series) -> Floats:
    """Maximum by resource of the first hour, NaN where it has none."""
    value = series.value[series.time_s < series.time_s[0] + FIRST_S]
    maximum: Floats = np.fmax.reduce(value, axis=0)
    return maximum
