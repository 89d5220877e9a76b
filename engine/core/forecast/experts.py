"""The experts: robust forecasts of single buckets, each computed from the remembered history alone.

Recent levels, the same time of earlier days, the latter shifted to the present level, similar stretches of the past
(`similar`), and a damped trend. An expert that lacks its data abstains (NaN).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.core.forecast import holt
from engine.core.forecast.history import History, history
from engine.core.forecast.robust import mean, median
from engine.core.forecast.similar import similar
from engine.core.forecast.state import EXPERTS, HOUR, ForecastRows, Series
from engine.core.forecast.targets import Target, last_hour, target_at
from engine.core.rows import Array

_WEEK: Final = 24 * np.arange(1, 8)
_MINUTE_HOURS: Final = np.arange(5, 53)
"""Hours before the target over which the effect of the minute of the hour is taken."""


def predict(rows: ForecastRows, series: Series, bucket: int, leads: tuple[int, ...]) -> Array:
    """What each expert says at these leads: float32 [m, leads, experts], non-negative, NaN = abstains."""
    past = history(rows, series, bucket)
    targets = [target_at(bucket, lead) for lead in leads]
    said = _levels(past) | similar(past, targets)
    said["damped_trend"] = holt.extrapolate(rows.level[series], rows.trend[series], leads)
    by_target = [_recent_hours(past, target) | _profiles(past, target) for target in targets]
    said |= {name: np.stack([spoken[name] for spoken in by_target], axis=1) for name in by_target[0]}
    shape = (len(series[0]), len(leads))
    predictions: Array = np.stack([np.broadcast_to(said[name], shape) for name in EXPERTS], axis=-1)
    return np.maximum(predictions, np.float32(0), out=predictions)


def _levels(past: History) -> dict[str, Array]:
    """Experts that know no time: [m, 1]."""
    known = np.argmin(np.isnan(past.buckets), axis=-1)[:, None]
    median_3h = median(past.buckets)[:, None]
    return {
        "last": np.take_along_axis(past.buckets, known, axis=-1),
        "median_3h": median_3h,
        "lower_median": np.fmin(median_3h, median(past.means[:, :24])[:, None]),
    }


def _recent_hours(past: History, target: Target) -> dict[str, Array]:
    """Experts that know the minute of the hour: [m]."""
    hours = past.marks if target.mark else past.means
    hour_mean = mean(past.buckets[:, :HOUR])
    minute = median(target.exact(past, _MINUTE_HOURS) - target.place.level(past, _MINUTE_HOURS)) if target.mark else 0
    return {
        "median_6_hours": median(hours[:, :6]),
        "median_24_hours": median(hours[:, :24]),
        "hour_mean_and_minute": hour_mean + minute,
    }


def _profiles(past: History, target: Target) -> dict[str, Array]:
    """Experts that look at the target's time on earlier days: [m]."""
    exact, days = target.exact(past, _WEEK), target.profile(past, _WEEK)
    then = last_hour(past.bucket).level(past, _WEEK[:3])
    now = mean(past.buckets[:, :HOUR])
    few, week = median(days[:, :3]), (days[:, 6] + exact[:, 6]) * np.float32(0.5)
    return {
        "median_7_days": median(exact),
        "median_profile": median(days),
        "mean_profile": mean(days),
        "same_weekday": np.where(np.isnan(week), few, week),
        "mean_3_days_shifted": now + mean(days[:, :3] - then),
    }
