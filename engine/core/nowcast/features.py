"""What the network sees of a series at the end of a window: ratios only, so that neither unit nor source enters.

An amount is seen as the natural logarithm of its ratio to the level of the last hour, both padded by 1 % of it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.core.compiled import compiled
from engine.core.forecast.compact import amount_of
from engine.core.forecast.powers import log2
from engine.core.nowcast.profile import FEATURES as OF_PROFILE
from engine.core.nowcast.profile import describe as describe_profile
from engine.core.nowcast.ratio import level_of, ratio
from engine.core.nowcast.record import LN2, Ended, Kept, kept
from engine.core.nowcast.state import DAY, DAYS, PROFILED, RECENT, NowcastRows
from engine.core.rows import Array

_AGO: Final = np.array([0, 1, 2, 3, 4, 5, 11, 23, 35])
_OF_RECENT: Final = 9 + 3 + 15
FEATURES: Final = _OF_RECENT + 2 + 3 + OF_PROFILE + 4
_PARTS: Final = np.array([6, 12])
"""Of half an hour and of an hour: where in it the window lies."""
_NAN, _NOTHING, _ONE = np.float32(np.nan), np.float32(0), np.float32(1)
_AGES, _COUNTS = np.float32(9), np.float32(3)


def features(rows: NowcastRows, ended: Ended, last: Array, previous: Array) -> tuple[Array, Array]:
    """float32 [m, FEATURES] of the series whose window has ended, and their levels, float32 [m], in cores and bytes.

    last, previous: the latest two samples of each, float32 [m]; NaN = none.
    """
    seen, level = np.empty((len(ended.row), FEATURES), np.float32), np.empty(len(ended.row), np.float32)
    _describe(kept(rows), ended, last, previous, seen, level)
    return seen, level


@compiled
def _describe(known: Kept, ended: Ended, last: Array, previous: Array, out: Array, levels: Array) -> None:
    window = ended.window
    for place in range(len(ended.row)):
        row, resource, into = ended.row[place], ended.resource[place], out[place]
        recent, usual = known.recent[row, resource], known.levels[row, resource]
        level = level_of(recent, usual[0], window)
        levels[place] = level
        for k in range(len(_AGO)):
            into[k] = ratio(amount_of(recent[(window - _AGO[k]) % RECENT]), level)
        at = len(_AGO)
        into[at] = ratio(last[place], level)
        into[at + 1] = into[at] if np.isnan(previous[place]) else ratio(previous[place], level)
        into[at + 2] = ratio(ended.mean[place], level)
        _stretches(recent, window, level, into[at + 3 : _OF_RECENT])
        into[at + 3 + 9] = ratio(usual[2], level)
        into[_OF_RECENT], into[_OF_RECENT + 1] = ratio(usual[0], level), ratio(usual[1], level)
        _days(known.days[row, resource], window, level, into[_OF_RECENT + 2 : _OF_RECENT + 5])
        at = _OF_RECENT + 5
        of_profile = into[at : at + OF_PROFILE]
        if PROFILED[resource]:
            lately = known.above_profile[row]
            describe_profile(known.profile[row], lately, window, ended.said[place], level, of_profile)
        else:
            of_profile[:] = _NOTHING
        at += OF_PROFILE
        into[at] = log2(np.float32(known.windows[row, resource]) + _ONE) * LN2 / _AGES
        into[at + 1] = log2(ended.samples[place]) * LN2 / _COUNTS
        for k in range(2):
            into[at + 2 + k] = np.float32(window % _PARTS[k]) / np.float32(_PARTS[k])


@compiled
def _stretches(recent: Array, window: int, level: np.float32, out: Array) -> None:
    """Highest, lowest, mean and deviation of the last windows, 15 features; the tenth is left to the caller."""
    high, low, total, square, count, at = -_ONE, np.float32(np.inf), _NOTHING, _NOTHING, _NOTHING, 0
    for ago in range(RECENT):
        amount = amount_of(recent[(window - ago) % RECENT])
        if not np.isnan(amount):
            high, low = max(high, amount), min(low, amount)
            apart = ratio(amount, level)
            total, square, count = total + apart, square + apart * apart, count + _ONE
        so_many = ago + 1
        if so_many in (3, 6, 12, 24, 36):
            out[at] = ratio(high, level)
            at += 1
        if so_many in (6, 12, 36):
            out[at] = ratio(low, level)
            at += 1
        if so_many in (3, 6, 12, 36):
            out[at] = total / count
            at += 1
        if so_many in (12, 36):
            mean = total / count
            out[at] = np.sqrt(max(square / count - mean * mean, _NOTHING))
            at += 1
        if so_many == 12:
            at += 1


@compiled
def _days(days: Array, window: int, level: np.float32, out: Array) -> None:
    """Highest sample of this day, of yesterday, and of the week."""
    day, week = (window - 1) // DAY, _NAN
    for ago in range(DAYS):
        week = np.fmax(week, amount_of(days[(day - ago) % DAYS]))
    out[0] = ratio(amount_of(days[day % DAYS]), level)
    out[1] = ratio(amount_of(days[(day - 1) % DAYS]), level)
    out[2] = ratio(week, level)
