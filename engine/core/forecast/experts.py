"""The experts: robust forecasts of single buckets, each computed from the remembered history alone.

Recent levels, the same time of earlier days (`profiles`), similar stretches of the past (`similar`), a damped trend.
An expert that lacks its data abstains (NaN). To add one: name it in `state.EXPERTS`, and write what it says to its
place in one of the functions that see a single series; then `gate` must learn whom to hear.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from engine.core.compiled import compiled
from engine.core.forecast import profiles, similar
from engine.core.forecast.history import History, history
from engine.core.forecast.holt import factors
from engine.core.forecast.robust import mean, median, mode
from engine.core.forecast.state import EXPERTS, HOUR, RECENT, ForecastRows, Series
from engine.core.forecast.targets import Target, exact, last_hour, level, target_at
from engine.core.rows import Array

_LAST: Final = EXPERTS.index("last")
_MEDIAN_HALF_HOUR: Final = EXPERTS.index("median_half_hour")
_MEDIAN_3H: Final = EXPERTS.index("median_3h")
_MODE_3H: Final = EXPERTS.index("mode_3h")
_LOWER_MEDIAN: Final = EXPERTS.index("lower_median")
_MEDIAN_24_HOURS: Final = EXPERTS.index("median_24_hours")
_HOUR_MEAN_AND_MINUTE: Final = EXPERTS.index("hour_mean_and_minute")
_DAMPED_TREND: Final = EXPERTS.index("damped_trend")

_FIRST_MINUTE, _MINUTES = 5, 48
"""First of the hours before the target over which the effect of the minute of the hour is taken, and their count."""
_NOTHING, _NAN = np.float32(0), np.float32(np.nan)


def predict(rows: ForecastRows, series: Series, bucket: int, leads: tuple[int, ...]) -> Array:
    """What each expert says at these leads: float32 [m, leads, experts], non-negative, NaN = abstains."""
    return from_history(history(rows, series, bucket), rows.level[series], rows.trend[series], leads)


def from_history(past: History, trend_level: Array, trend: Array, leads: tuple[int, ...]) -> Array:
    """The same from what is remembered and the damped trend, float32 [m] each."""
    said = np.full((len(past.buckets), len(leads), len(EXPERTS)), np.nan, np.float32)
    ahead = np.array(leads, np.int64)
    _predict(past.buckets, past.means, past.marks, trend_level, trend, factors(leads), past.bucket, ahead, said)
    return said


@compiled
def _predict(
    buckets: Array,
    means: Array,
    marks: Array,
    trend_level: Array,
    trend: Array,
    trend_factors: Array,
    bucket: int,
    leads: Array,
    said: Array,
) -> None:
    library, scratch = similar.empty_library(), np.empty(_MINUTES, np.float32)
    order = np.empty(RECENT, np.int64)
    for row in range(len(said)):
        past = _Series(buckets[row], means[row], marks[row])
        present = _present(past, order)
        similar.search(library, past.means, past.marks)
        for place in range(len(leads)):
            target, of_target = target_at(bucket, leads[place]), said[row, place]
            _levels(present, target, of_target)
            _minute(past, present, target, scratch, of_target)
            profiles.speak(past.means, past.marks, present.hour, target, last_hour(bucket), of_target)
            similar.speak(library, past.means, past.marks, target, of_target)
            of_target[_DAMPED_TREND] = trend_level[row] + trend[row] * trend_factors[place]
            for expert in range(len(of_target)):
                of_target[expert] = _NOTHING if of_target[expert] < _NOTHING else of_target[expert]


class _Series(NamedTuple):
    """A row of a `History`."""

    buckets: Array
    means: Array
    marks: Array


class _Present(NamedTuple):
    """Levels that are the same for all targets; of the last 24 hours by their means and by their marks."""

    last: np.float32
    hour: np.float32
    half_hour: np.float32
    median_3h: np.float32
    mode_3h: np.float32
    means_24: np.float32
    marks_24: np.float32


@compiled
def _present(past: _Series, order: Array) -> _Present:
    last = _NAN
    for value in past.buckets:
        if not np.isnan(value):
            last = value
            break
    return _Present(
        last,
        mean(past.buckets[:HOUR]),
        median(past.buckets[: HOUR // 2]),
        median(past.buckets),
        mode(past.buckets, order),
        median(past.means[:24]),
        median(past.marks[:24]),
    )


@compiled
def _levels(present: _Present, target: Target, said: Array) -> None:
    """Experts that know recent levels, one of them apart on the hour."""
    said[_LAST] = present.last
    said[_MEDIAN_HALF_HOUR] = present.half_hour
    said[_MEDIAN_3H] = present.median_3h
    said[_MODE_3H] = present.mode_3h
    said[_LOWER_MEDIAN] = np.fmin(present.median_3h, present.means_24)
    said[_MEDIAN_24_HOURS] = present.marks_24 if target.mark else present.means_24


@compiled
def _minute(past: _Series, present: _Present, target: Target, scratch: Array, said: Array) -> None:
    """The last hour's mean, and on the hour what its last bucket usually is above the level around it."""
    above = _NOTHING
    if target.mark:
        for place in range(_MINUTES):
            hours = _FIRST_MINUTE + place
            around = level(past.means, target.place, hours)
            scratch[place] = exact(past.means, past.marks, target, hours) - around
        above = median(scratch)
    said[_HOUR_MEAN_AND_MINUTE] = present.hour + above
