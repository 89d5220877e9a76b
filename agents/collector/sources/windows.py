"""A trace as scrapes: rows of about the same time together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.traces import Floats, Series

Integers = NDArray[np.int64]
LONGEST_TICK_S: Final = 300.0
ROW_AGE_S: Final = 60.0
"""A message's rows are at most so much older than the message: the engine's rule."""


class Window(NamedTuple):
    """One scrape: `series` [k] without repeats, ascending; `row_s` [k] within (time_s - 60, time_s]; `value` [k, 2]."""

    time_s: float
    series: Integers
    row_s: Floats
    value: Floats


def tick_of(trace: list[Series], wanted_s: float) -> float:
    """Seconds of a scrape: `wanted_s`, or (0) the median step, at most 300.

    When the series' times do not fall together, at most 60: rows of one message may not be further apart.
    """
    steps = np.concatenate([np.diff(s.time_s) for s in trace])
    steps = steps[steps > 0]
    tick_s = min(LONGEST_TICK_S, wanted_s or (max(1.0, float(np.median(steps))) if len(steps) else LONGEST_TICK_S))
    times = np.concatenate([s.time_s for s in trace])
    fall_together = len(np.unique(np.round((times - times[0]) % tick_s, 3) % tick_s)) == 1
    return tick_s if fall_together else min(tick_s, ROW_AGE_S)


def windows(trace: list[Series], tick_s: float) -> Iterator[Window]:
    """Scrapes in the order of time. A series with several rows within a tick goes on in further ones of that time."""
    series = np.concatenate([np.full(len(s.time_s), i, np.int64) for i, s in enumerate(trace)])
    row_s = np.concatenate([s.time_s for s in trace])
    value = np.concatenate([s.value for s in trace])
    tick = np.ceil((row_s - row_s.min()) / tick_s - 1e-9).astype(np.int64)
    layer = _repeats(tick, series, row_s)
    order = np.lexsort((series, layer, tick))
    edges = np.flatnonzero(np.diff(tick[order]) | np.diff(layer[order])) + 1
    ends_s = _last_of_tick(tick, row_s)
    for rows in np.split(order, edges):
        yield Window(ends_s[int(tick[rows[0]])], series[rows], row_s[rows], value[rows])


def _repeats(tick: Integers, series: Integers, row_s: Floats) -> Integers:
    """How many rows of the same series and tick come before each row."""
    order = np.lexsort((row_s, series, tick))
    new = np.ones(len(order), np.bool_)
    new[1:] = (np.diff(tick[order]) != 0) | (np.diff(series[order]) != 0)
    index = np.arange(len(order))
    first = np.maximum.accumulate(np.where(new, index, 0))
    repeats = np.empty(len(order), np.int64)
    repeats[order] = index - first
    return repeats


def _last_of_tick(tick: Integers, row_s: Floats) -> dict[int, float]:
    order = np.lexsort((row_s, tick))
    last = np.append(np.flatnonzero(np.diff(tick[order])), len(order) - 1)
    return dict(zip(tick[order][last].tolist(), row_s[order][last].tolist(), strict=True))
