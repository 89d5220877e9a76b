"""Experts that look at the target's time on earlier days, some of them moved to the present level."""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.core.compiled import compiled
from engine.core.forecast.robust import mean, median, quantile
from engine.core.forecast.state import DAYS, EXPERTS
from engine.core.forecast.targets import Place, Target, exact, level, profile
from engine.core.rows import Array

_YESTERDAY: Final = EXPERTS.index("yesterday")
_LOW_OF_7_DAYS: Final = EXPERTS.index("low_of_7_days")
_SAME_KIND_OF_DAY: Final = EXPERTS.index("same_kind_of_day")
_MEAN_3_DAYS_SHIFTED: Final = EXPERTS.index("mean_3_days_shifted")
_MEDIAN_PROFILE_SCALED: Final = EXPERTS.index("median_profile_scaled")
_LAST_WEEK_SHIFTED: Final = EXPERTS.index("last_week_shifted")

WEEK: Final = 7
_LOW: Final = np.float32(0.2)
_RATIOS: Final = (np.float32(0.5), np.float32(2))
_FIRST_WEEKDAY: Final = 3
"""The epoch began on a Thursday, the fourth day of its week."""
_HALF, _NOTHING, _ONE, _NAN = np.float32(0.5), np.float32(0), np.float32(1), np.float32(np.nan)


@compiled
def speak(means: Array, marks: Array, hour: np.float32, target: Target, now: Place, said: Array) -> None:
    """Write to said [experts]. `hour` is the mean of the last hour, which ends at the place `now`."""
    days, exacts, then = np.empty(DAYS, np.float32), np.empty(WEEK, np.float32), np.empty(WEEK, np.float32)
    for place in range(DAYS):
        days[place] = profile(means, marks, target, 24 * (place + 1))
    for place in range(WEEK):
        exacts[place] = exact(means, marks, target, 24 * (place + 1))
        then[place] = level(means, now, 24 * (place + 1))
    said[_YESTERDAY] = exacts[0]
    said[_LOW_OF_7_DAYS] = quantile(exacts, _LOW, np.empty(WEEK, np.int64))
    usual, usual_now = median(days[:WEEK]), median(then)
    said[_MEDIAN_PROFILE_SCALED] = usual * _ratio(hour, usual_now)
    few = days[:3] - then[:3]
    said[_MEAN_3_DAYS_SHIFTED] = hour + mean(few)
    said[_LAST_WEEK_SHIFTED] = (days[WEEK - 1] + exacts[WEEK - 1] + hour - then[WEEK - 1]) * _HALF
    for place in range(DAYS):  # last, for it spoils the days
        if _weekend(target.day - place - 1) != _weekend(target.day):
            days[place] = _NAN
    said[_SAME_KIND_OF_DAY] = median(days)


@compiled
def _ratio(hour: np.float32, usual: np.float32) -> np.float32:
    if not usual > _NOTHING:
        return _ONE
    ratio = hour / usual
    return _RATIOS[0] if ratio < _RATIOS[0] else _RATIOS[1] if ratio > _RATIOS[1] else ratio


@compiled
def _weekend(day: int) -> bool:
    """Saturday or Sunday, UTC; `day` since the epoch."""
    return (day + _FIRST_WEEKDAY) % 7 >= 5
