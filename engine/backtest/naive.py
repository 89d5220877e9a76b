"""Naive forecasts: what any model must beat. Points without a distribution.

"Known" is what was seen up to the origin; a value that is missing gives no forecast, it is not made up.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.backtest.model import Buckets, Floats, PeerForecast, Series, points
from engine.backtest.plan import SILENT_AFTER

DAY: Final = 288
HOUR: Final = 12
Rule = Callable[[Series, Buckets, Buckets], Floats]
"""Point forecasts [origins, leads]."""


def at(series: Series, buckets: Buckets) -> Floats:
    """Means at these buckets, NaN outside of the series."""
    place = buckets - series.first
    inside = (place >= 0) & (place < len(series.mean))
    return np.where(inside, series.mean[np.where(inside, place, 0)], np.nan)


def _mean(values: Floats) -> Floats:
    """Mean of what is known over the last axis, NaN where nothing is."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Floats = np.where(known, values, 0.0).sum(axis=-1) / known.sum(axis=-1)
    return mean


def last(series: Series, origins: Buckets, leads: Buckets) -> Floats:
    """The newest mean of the last hour."""
    recent = at(series, origins[:, None] - np.arange(SILENT_AFTER))
    newest = np.argmax(~np.isnan(recent), axis=1)
    return np.repeat(recent[np.arange(len(origins)), newest][:, None], len(leads), axis=1)


def hour_mean(series: Series, origins: Buckets, leads: Buckets) -> Floats:
    """Mean of the last hour."""
    mean = _mean(at(series, origins[:, None] - np.arange(HOUR)))
    return np.repeat(mean[:, None], len(leads), axis=1)


def yesterday(series: Series, origins: Buckets, leads: Buckets) -> Floats:
    """The mean of the bucket 24 hours before the target."""
    return at(series, origins[:, None] + leads - DAY)


def mean_7_days(series: Series, origins: Buckets, leads: Buckets) -> Floats:
    """Mean over the last 7 days of the buckets at the target's time of day."""
    targets = origins[:, None] + leads
    return _mean(at(series, targets[..., None] - DAY * np.arange(1, 8)))


def _halves(one: Rule, other: Rule) -> Rule:
    return lambda series, origins, leads: 0.5 * one(series, origins, leads) + 0.5 * other(series, origins, leads)


@dataclass(frozen=True, slots=True)
class Naive:
    """A rule as a forecaster."""

    name: str
    rule: Rule

    def forecast(self, series: Series, origins: Buckets, leads: Buckets) -> PeerForecast:
        started = time.process_time()
        point = self.rule(series, origins, leads)
        return points(point, time.process_time() - started)


LAST: Final = Naive("last", last)
NAIVE: Final = (
    LAST,
    Naive("hour-mean", hour_mean),
    Naive("yesterday", yesterday),
    Naive("mean-7-days", mean_7_days),
    Naive("last+yesterday", _halves(last, yesterday)),
    Naive("last+mean-7-days", _halves(last, mean_7_days)),
)
