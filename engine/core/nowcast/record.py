"""Samples become windows: their highest is remembered by recency, by day and by the time of day."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from engine.core.compiled import compiled
from engine.core.forecast.compact import MISSING, code_of
from engine.core.forecast.powers import log2
from engine.core.nowcast.state import DAY, DAYS, PROFILED, RECENT, NowcastRows
from engine.core.rows import Array

LN2: Final = np.float32(np.log(2.0))
STEPS: Final = np.float32(12)
"""Codes of the profile per doubling: 6 % each."""
LOWEST: Final = np.float32(2.0**-13)
"""Cores of the profile's first code, 0.12 m; the last is 230 cores."""
_LOWEST_LOG2: Final = np.float32(-13)
_HIGHEST_CODE: Final = 255
_FOLLOW: Final = np.float32(0.35)
"""Step of the profile, a day: half of it is of the last two days."""
_LEVEL_STEPS: Final = np.array([1 / 576, 1 / 36, 1 / 8], np.float32)
_LATELY_STEPS: Final = np.array([0.1, 0.03], np.float32)
_FARTHEST: Final = np.float32(3)
_MOST: Final = 65_535
_ONE, _NOTHING = np.float32(1), np.float32(0)


class Kept(NamedTuple):
    """The columns of `NowcastRows` that a window changes."""

    high: Array
    total: Array
    samples: Array
    last_window: Array
    windows: Array
    recent: Array
    days: Array
    profile: Array
    levels: Array
    above_profile: Array


def kept(rows: NowcastRows) -> Kept:
    return Kept(*(getattr(rows, name) for name in Kept._fields))


def note(rows: NowcastRows, index: Array, value: Array) -> None:
    """New samples float64 [m, 2] in cores and bytes (NaN = none) of rows int [m] without repeats."""
    has = ~np.isnan(value)
    sample = np.where(has, value, 0.0).astype(np.float32)
    rows.high[index] = np.maximum(rows.high[index], sample)
    rows.total[index] += sample
    rows.samples[index] += has


class Ended(NamedTuple):
    """A window of some series [m] each: their row and resource, what the profile had said of it, and what it was."""

    window: int
    row: Array  # int64
    resource: Array  # int64
    said: Array  # uint8, code of the profile, 0 = nothing
    samples: Array  # float32, how many
    mean: Array  # float32

    def of(self, which: Array) -> Ended:
        """Some of the series, by position or bool [m]."""
        return Ended(self.window, *(each[which] for each in self[1:]))


def end_window(rows: NowcastRows, window: int, row: Array) -> Ended:
    """A window has ended: the rows int [m] remember it where they had samples since the last."""
    place, resource = np.nonzero(rows.samples[row] > 0)
    count = len(place)
    said, samples, mean = np.zeros(count, np.uint8), np.zeros(count, np.float32), np.zeros(count, np.float32)
    ended = Ended(window, row[place].astype(np.int64), resource.astype(np.int64), said, samples, mean)
    _end(kept(rows), window, ended.row, ended.resource, ended.said, ended.samples, ended.mean)
    return ended


@compiled
def _end(known: Kept, window: int, row: Array, resource: Array, said: Array, samples: Array, means: Array) -> None:
    for place in range(len(row)):
        at = row[place], resource[place]
        high, count = known.high[at], np.float32(known.samples[at])
        mean = known.total[at] / count
        samples[place], means[place] = count, mean
        _remember(known.recent[at], known.days[at], int(known.last_window[at]), window, high)
        seen = np.float32(known.windows[at])
        for level in range(len(_LEVEL_STEPS)):
            step = max(_LEVEL_STEPS[level], _ONE / (seen + _ONE))
            known.levels[at][level] += step * (mean - known.levels[at][level])
        if PROFILED[resource[place]]:
            said[place] = _follow(known.profile[row[place]], known.above_profile[row[place]], window, high)
        known.last_window[at] = window
        known.windows[at] = min(int(known.windows[at]) + 1, _MOST)
        known.high[at], known.total[at], known.samples[at] = _NOTHING, _NOTHING, 0


@compiled
def _remember(recent: Array, days: Array, last: int, window: int, high: np.float32) -> None:
    """What lies between the last window with a sample and this one is missing."""
    for skipped in range(max(last + 1, window - RECENT + 1), window if last >= 0 else 0):
        recent[skipped % RECENT] = MISSING
    code, day = code_of(high), (window - 1) // DAY
    recent[window % RECENT] = code
    if last >= 0:
        for unseen in range(max((last - 1) // DAY + 1, day - DAYS + 1), day + 1):
            days[unseen % DAYS] = MISSING
    days[day % DAYS] = max(int(days[day % DAYS]), code)


@compiled
def _follow(profile: Array, lately: Array, window: int, high: np.float32) -> int:
    """Moves the profile at the window's time of day; returns the code that was there."""
    said, code = int(profile[window % DAY]), profile_code(high)
    if said == 0:
        profile[window % DAY] = np.uint8(np.int64(np.rint(code)))
        return said
    off = code - np.float32(said)
    profile[window % DAY] = np.uint8(np.int64(np.rint(np.float32(said) + _FOLLOW * off)))
    far = min(max(off / STEPS * LN2, -_FARTHEST), _FARTHEST)
    lately[0] += _LATELY_STEPS[0] * (far - lately[0])
    lately[1] += _LATELY_STEPS[1] * (abs(far) - lately[1])
    return said


@compiled
def profile_code(amount: np.float32) -> np.float32:
    """Code of an amount of cores, not rounded: 1 for the lowest and all below."""
    code = _ONE + (log2(max(amount, LOWEST)) - _LOWEST_LOG2) * STEPS
    return min(code, np.float32(_HIGHEST_CODE))
