"""The forecasts of windows' maxima in a table: noted at every bucket, learned and made anew on the hour."""

from __future__ import annotations

import numpy as np

from engine.core.forecast import window_maximum
from engine.core.forecast.distribution import ratio_of
from engine.core.forecast.evidence import Evidence
from engine.core.forecast.history import hour_of
from engine.core.forecast.state import HOUR, WINDOWS, ForecastRows, Series
from engine.core.rows import Array


def note(rows: ForecastRows, series: Series, last_bucket: Array, bucket: int, peak: Array) -> None:
    """Take in the highest samples of a bucket (float32 [m], in units); `last_bucket` [m] is the one before."""
    rows.highest[series] = window_maximum.note(rows.highest[series], last_bucket, bucket, peak)


def learn(rows: ForecastRows, series: Series, bucket: int, made: Array) -> None:
    """Score the windows that ended with the hour. made: int [m], bit j = a forecast was made j hours ago."""
    waited = (made[:, None] >> (np.array(WINDOWS) // HOUR)) & 1 == 1
    hour = np.full(len(series[0]), hour_of(bucket))
    known = tracked(rows, series)
    learned = window_maximum.learn(known, rows.window_pending[series], rows.highest[series], hour, waited)
    rows.window_margins[series] = learned.margins
    rows.window_excess[series] = learned.excess
    rows.window_scored[series] = learned.scored


def forecast(rows: ForecastRows, series: Series, bucket: int, known: Evidence) -> None:
    """Forecast the windows that begin now."""
    ratio = ratio_of(rows, series, bucket, WINDOWS)
    hour = np.full(len(series[0]), hour_of(bucket))
    codes = window_maximum.forecast(known, ratio, rows.highest[series], hour, tracked(rows, series))
    rows.window_pending[series] = window_maximum.keep(rows.window_pending[series], codes, hour)


def latest(rows: ForecastRows) -> Array:
    """p50, p90, p95, p99 of the maximum of the windows forecast last: float32 [n, 2, 3, 4], in units."""
    found = np.empty((len(rows), 2, len(WINDOWS), len(window_maximum.LEVELS)), np.float32)
    for resource in range(2):
        series = np.arange(len(rows)), np.full(len(rows), resource)
        hour = hour_of(rows.origin[series])
        waiting = rows.window_pending[series]
        codes = np.take_along_axis(waiting, window_maximum.places(hour)[..., None], axis=1)
        found[:, resource] = window_maximum.issue(codes, tracked(rows, series))
    return found


def tracked(rows: ForecastRows, series: Series) -> window_maximum.Tracked:
    return window_maximum.Tracked(rows.window_margins[series], rows.window_excess[series], rows.window_scored[series])
