"""The experts: robust forecasts of one bucket, each computed from the remembered history alone.

Recent levels, the same time of earlier days, the latter shifted or scaled to the present level, and a damped trend.
An expert that lacks its data abstains (NaN).
"""

from __future__ import annotations

import numpy as np

from engine.core.forecast import holt
from engine.core.forecast.history import half_hour_of, half_hours, last_buckets
from engine.core.forecast.robust import mean, median
from engine.core.forecast.state import EXPERTS, HALF_HOUR, LEADS, RECENT, ForecastRows, Series
from engine.core.rows import Array

DAY = 48
"""Half-hours in a day."""
_DAYS = np.arange(1, 8)


def predict(rows: ForecastRows, series: Series, bucket: int) -> Array:
    """What each expert says at this bucket: float32 [m, leads, experts], non-negative, NaN = abstains."""
    recent = last_buckets(rows, series, bucket, RECENT)
    said = _levels(rows, series, bucket, recent) | _profiles(rows, series, bucket, recent)
    shape = (len(series[0]), len(LEADS))
    said = {name: np.broadcast_to(said[name], shape) for name in EXPERTS}
    predictions: Array = np.maximum(np.stack([said[name] for name in EXPERTS], axis=-1), np.float32(0))
    return predictions


def _levels(rows: ForecastRows, series: Series, bucket: int, recent: Array) -> dict[str, Array]:
    """Experts that know no time of day: [m, 1], or [m, leads] for the trend."""
    hours = half_hours(rows, series, half_hour_of(bucket) - 2 * np.arange(24))  # at this minute of the hour
    median_3h, median_24_hours = median(recent), median(hours)
    levels = {
        "last": recent[:, 0],
        "hour_mean": mean(recent[:, :12]),
        "median_3h": median_3h,
        "lower_median": np.minimum(median_3h, median_24_hours),
        "median_6_hours": median(hours[:, :6]),
        "median_24_hours": median_24_hours,
    }
    trend = holt.extrapolate(rows.level[series], rows.trend[series], LEADS)
    return {name: level[:, None] for name, level in levels.items()} | {"damped_trend": trend}


def _profiles(rows: ForecastRows, series: Series, bucket: int, recent: Array) -> dict[str, Array]:
    """Experts that look at the hour around the target's time on earlier days, and at the present level: [m, leads]."""
    target = half_hour_of(bucket) + np.array(LEADS) // HALF_HOUR
    around = target[:, None, None] - DAY * _DAYS[:, None] + np.array([0, 1])
    days = mean(half_hours(rows, series, around))  # [m, leads, 7]
    then = mean(half_hours(rows, series, half_hour_of(bucket) - DAY * _DAYS[:, None] - np.array([0, 1])))[:, None]
    now = mean(recent[:, :12])[:, None]
    compared = np.where(np.isnan(then), then, days)  # days of which both hours are known
    few, week = median(days[..., :3]), median(days)
    return {
        "yesterday": days[..., 0],
        "median_7_days": week,
        "same_weekday": np.where(np.isnan(days[..., 6]), few, days[..., 6]),
        "mean_3_days_shifted": now + mean((days - then)[..., :3]),
        "median_7_days_scaled": median(compared) * _ratio(now, median(then)),
    }


def _ratio(now: Array, then: Array) -> Array:
    """How much higher the present level is than usual at this time, within reason; 1 where usually nothing is used."""
    ratio = np.divide(now, then, out=np.ones_like(now), where=then != 0)
    return np.clip(ratio, np.float32(0.4), np.float32(2.5))
