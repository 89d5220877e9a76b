"""Many containers from a few real series: seeded scale, phase and mild noise. The output says that they are derived."""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.errors import UserError
from engine.traces import Series, span_s
from engine.units import BUCKET_S, DAY_S

SCALE_SIGMA: Final = 0.6
"""Of the logarithm: two thirds of the containers are within a factor of 1.8 of the original."""
NOISE_SIGMA: Final = 0.03
BUCKETS_A_DAY: Final = DAY_S // BUCKET_S


def spread(trace: list[Series], containers: int, days: float, seed: int) -> list[Series]:
    """`containers` series of `days` whole days (0: as the shortest series has), from the trace's start on.

    Each takes a real series in turn, from a random day of it if it is longer, scales it, shifts it by whole buckets of
    5 minutes within a day (what leaves at the end comes back at the start) and multiplies each value by a noise of 3 %.
    Raises UserError when no series has so many days.
    """
    start_s, _ = span_s(trace)
    lengths = {s.name: _whole_days(s) for s in trace}
    wanted = int(np.ceil(days)) or max(1, min(lengths.values()))
    sources = [s for s in trace if lengths[s.name] >= wanted]
    if not sources:
        longest = max(lengths.values())
        raise UserError(f"Containers cannot be derived for {wanted} days: the longest series has {longest} whole days.")
    derived = []
    for number in range(containers):
        source = sources[number % len(sources)]
        random = np.random.default_rng((seed, number))
        derived.append(_derived(f"{source.name}-{number:04d}", source, start_s, wanted, lengths[source.name], random))
    return derived


def _whole_days(series: Series) -> int:
    """The last row stands for the time until the next one."""
    step_s = float(np.median(np.diff(series.time_s))) if len(series.time_s) > 1 else 0.0
    return int((series.time_s[-1] - series.time_s[0] + step_s) // DAY_S)


def _derived(
    name: str, source: Series, start_s: float, days: int, length: int, random: np.random.Generator
) -> Series:
    first_s = source.time_s[0] + random.integers(0, length - days + 1) * DAY_S
    part = source.between(first_s, first_s + days * DAY_S)
    shift_s = random.integers(0, BUCKETS_A_DAY) * BUCKET_S
    time_s = (part.time_s - first_s + shift_s) % (days * DAY_S)
    order = np.argsort(time_s, kind="stable")
    scale = np.exp(random.normal(0.0, SCALE_SIGMA, 2))
    noise = np.exp(random.normal(0.0, NOISE_SIGMA, part.value.shape))
    return Series(name, start_s + time_s[order], (part.value * scale * noise)[order])
