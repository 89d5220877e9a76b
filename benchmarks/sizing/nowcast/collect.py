"""What the nowcast would have seen at the end of each window of a trace, and what came then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zlib import crc32

import numpy as np

from engine.core.nowcast import NowcastRows, end_window
from engine.core.nowcast.features import FEATURES, features
from engine.core.nowcast.prior import CADENCES_S
from engine.core.nowcast.ratio import PAD
from engine.core.nowcast.sight import FIRST_AFTER
from engine.core.nowcast.state import DAY
from engine.core.rows import Array
from engine.simulate.replay import scale_of
from engine.traces import Series
from engine.units import BUCKET_S

EVERY: Final = tuple(round(cadence_s / BUCKET_S) for cadence_s in CADENCES_S)
"""Windows between two changes, by cadence."""
SCORED_DAYS: Final = 3
"""Days at the end of each series on which sizes are scored: no network sees them."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Of one resource of one series: first window, and by window float64 [n], NaN where none has a sample.

    high, mean, last, previous: of its samples; count: how many.
    """

    first: int
    high: Array
    mean: Array
    last: Array
    previous: Array
    count: Array


@dataclass(frozen=True, slots=True)
class Examples:
    """Of one source: features float32 [n, FEATURES], targets float32 [n], padded log ratios to the level."""

    source: str
    seen: Array
    target: Array


def windows(series: Series, resource: int) -> Windows | None:
    """None where there is no positive sample."""
    used = series.value[:, resource] * scale_of(series)[resource]
    known = ~np.isnan(used)
    time_s, used = series.time_s[known], used[known]
    if not len(used) or used.max() <= 0:
        return None
    window = np.ceil(time_s / BUCKET_S).astype(np.int64)
    begin = np.flatnonzero(np.r_[True, window[1:] != window[:-1]])
    end = np.r_[begin[1:], len(window)]
    first = int(window[0])
    at, count = window[begin] - first, window[-1] - first + 1
    found = np.full((5, count), np.nan)
    found[0, at] = np.maximum.reduceat(used, begin)
    found[1, at] = np.add.reduceat(used, begin) / (end - begin)
    found[2, at] = used[end - 1]
    found[3, at] = np.where(end >= 2, used[np.maximum(end - 2, 0)], np.nan)
    found[4, at] = end - begin
    return Windows(first, *found)


def examples(source: str, series: Sequence[Series], resource: int, even: bool = True) -> list[Examples]:
    """For each cadence, of the series of one half, but for their last three days.

    The target is the highest sample until the next change; for the longer cadence only windows at which a change may be
    are taken.
    """
    half = [one for one in series if (crc32(one.name.encode()) % 2 == 0) == even]
    some = [found for one in half if (found := windows(one, resource)) is not None]
    begin, end = (min(w.first for w in some), max(_end(w) for w in some)) if some else (0, 0)
    rows, seen = NowcastRows.empty(len(some)), [np.empty((0, FEATURES), np.float32)]
    then: list[Array] = [np.empty((0, len(EVERY)))]
    for window in range(begin, end):
        here = [(row, window - w.first) for row, w in enumerate(some) if w.first <= window < _end(w)]
        here = [(row, place) for row, place in here if not np.isnan(some[row].high[place])]
        if here:
            of, highest = _window(rows, window, resource, [(row, some[row], place) for row, place in here])
            seen.append(of)
            then.append(highest)
    all_seen, all_then = np.concatenate(seen), np.concatenate(then)
    return [_chosen(source, all_seen, all_then[:, k]) for k in range(len(EVERY))]


def _chosen(source: str, seen: Array, then: Array) -> Examples:
    good = ~np.isnan(then)
    return Examples(source, seen[good], then[good].clip(-5, 5).astype(np.float32))


def _window(
    rows: NowcastRows, window: int, resource: int, here: Sequence[tuple[int, Windows, int]]
) -> tuple[Array, Array]:
    """Features [m, FEATURES] and targets [m, cadences] of rows with samples; NaN where none is to be learned from."""
    index = np.array([row for row, _, _ in here], np.int64)
    sample = np.array([[w.high[p], w.mean[p], w.last[p], w.previous[p], w.count[p]] for _, w, p in here])
    rows.high[index, resource], rows.samples[index, resource] = sample[:, 0], sample[:, 4]
    rows.total[index, resource] = sample[:, 1] * sample[:, 4]
    ended = end_window(rows, window, index)
    of, level = features(rows, ended, sample[:, 2].astype(np.float32), sample[:, 3].astype(np.float32))
    then = np.array([[_highest(w.high[p + 1 : p + 1 + so_many]) for so_many in EVERY] for _, w, p in here])
    then[rows.windows[index, resource] < FIRST_AFTER] = np.nan
    then[:, [window % so_many > 0 for so_many in EVERY]] = np.nan
    return of, np.log((then + PAD * level[:, None]) / ((1 + PAD) * level[:, None]))


def _end(w: Windows) -> int:
    """Where training on it ends."""
    return w.first + len(w.high) - min(SCORED_DAYS * DAY, len(w.high) // 3)


def _highest(values: Array) -> float:
    return float(np.fmax.reduce(values)) if len(values) else float("nan")
