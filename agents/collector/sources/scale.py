"""Values that are not cores and bytes, brought to a plausible size."""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.traces import Floats, Series
from engine.units import CPU, GIB, MEMORY

TARGET: Final = (2.0, 4.0 * GIB)
"""p99.9 of a scaled series, by resource: cores, bytes."""
LARGEST_CPU: Final = 64.0
SMALLEST_MEMORY: Final = 1e6
PERCENT: Final = (50.0, 100.0)
"""The highest CPU of a busy trace in percent lies between; a container that uses so many cores is rare."""


def needs_scale(trace: list[Series]) -> str | None:
    """Why the trace's values cannot be cores and bytes; None when they can.

    One implausible resource condemns both: who states memory as a share does not state CPU in cores.
    """
    value = np.concatenate([s.value for s in trace])
    high, highest_cpu = high_of(value), np.fmax.reduce(value[:, CPU])
    if high[CPU] > LARGEST_CPU:
        return f"the p99.9 of CPU is {high[CPU]:g}, over {LARGEST_CPU:g} cores"
    if PERCENT[0] < highest_cpu <= PERCENT[1]:
        return f"the highest CPU is {highest_cpu:g}, which looks like percent"
    if high[MEMORY] < SMALLEST_MEMORY:
        return f"the p99.9 of memory is {high[MEMORY]:g}, under {SMALLEST_MEMORY:g} bytes"
    return None


def scaled(trace: list[Series]) -> list[Series]:
    """Each series scaled to a p99.9 of 2 cores and 4 GiB; one of zeros stays so."""
    return [Series(s.name, s.time_s, s.value * _factor(high_of(s.value))) for s in trace]


def high_of(value: Floats) -> Floats:
    """p99.9 by resource of `value` [n, 2]; NaN for a resource without values."""
    return np.array([np.quantile(c, 0.999) if len(c) else np.nan for c in (v[~np.isnan(v)] for v in value.T)])


def _factor(high: Floats) -> Floats:
    return np.array([t / h if h > 0 else 1.0 for t, h in zip(TARGET, high, strict=True)])
