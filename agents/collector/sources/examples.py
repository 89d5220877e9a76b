"""A few workloads, made up beside a trace, so that each kind of decision has its occasion. Same seed, same demand.

Recorded averages of data centres neither surge nor change their shape between day and night, as single services do.
What is made up is demand alone: what is then decided, commanded and suffered follows from it as from any other.

- `night-batch`: balanced by day, much memory at night; its owner lets it move between the families m5 and r5.
- `surge`: an hour of work each day, little use else, and once, soon after that hour, a short surge that nothing
  foretells. Where sizes follow use it is then throttled and OOM-killed; what people had set would have been enough.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.messages import Policy
from engine.traces import Floats, Series, span_s
from engine.units import BUCKET_S, DAY_S, GIB

BATCHES: Final = ("night-batch-1", "night-batch-2")
SURGES: Final = tuple(f"surge-{number}" for number in range(1, 13))
COUNT: Final = len(BATCHES) + len(SURGES)
POLICY: Final = Policy(families=["m5", "r5"], moves_a_day=2)
WORK_S: Final = 3600.0
FIRST_SURGE_S: Final = 4200.0
SURGE_EVERY_S: Final = 900.0
"""After the end of the work, two containers at a time, one of each namespace."""
SURGE_S: Final = 600.0
NOISE: Final = 0.03
NIGHT: Final = (20.0, 8.0)
"""Hours of the day (UTC); memory grows and shrinks over the hour before."""


def policies() -> dict[str, Policy]:
    """By workload."""
    return dict.fromkeys(BATCHES, POLICY)


def with_examples(trace: list[Series], surges_s: float, seed: int) -> list[Series]:
    """The trace, then `COUNT` series of cores and bytes over its span; surges begin about the time `surges_s`."""
    start_s, end_s = span_s(trace)
    time_s = np.arange(start_s, end_s + 1.0, BUCKET_S)
    made = [(name, _batch(time_s)) for name in BATCHES]
    ends_s = surges_s // WORK_S * WORK_S
    for number, name in enumerate(SURGES):
        made.append((name, _surge(time_s, ends_s, ends_s + FIRST_SURGE_S + number // 2 * SURGE_EVERY_S)))
    return [*trace, *(_noisy(name, time_s, value, seed, number) for number, (name, value) in enumerate(made))]


def _batch(time_s: Floats) -> Floats:
    hour = time_s % DAY_S / 3600.0
    begun, ended = np.clip(hour - NIGHT[0] + 1, 0, 1), np.clip(NIGHT[1] - hour, 0, 1)
    night = np.maximum(begun, ended)
    return np.stack([1.0 - 0.6 * night, (1.5 + 4.5 * night) * GIB], axis=1)


def _surge(time_s: Floats, ends_s: float, surge_s: float) -> Floats:
    """The work ends at `ends_s`, each day at that time; the first hour, too, is one of it."""
    works = ((ends_s - time_s - 1.0) % DAY_S < WORK_S) | (time_s < time_s[0] + WORK_S)
    value = np.where(works[:, None], [1.0, 0.7 * GIB], [0.25, 0.5 * GIB])
    surges = (time_s >= surge_s) & (time_s < surge_s + SURGE_S)
    return np.where(surges[:, None], [1.7, 1.4 * GIB], value)


def _noisy(name: str, time_s: Floats, value: Floats, seed: int, number: int) -> Series:
    random = np.random.default_rng((seed, 1_000_000 + number))
    return Series(name, time_s, value * np.exp(random.normal(0.0, NOISE, value.shape)))
