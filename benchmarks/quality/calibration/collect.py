"""What the engine's rows forecast on the hour, beside what came: all series of a source, from their first hour on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from engine.backtest.buckets import Bucketed
from engine.backtest.classes import classes
from engine.backtest.model import Buckets, Floats, Mask
from engine.backtest.online import closes
from engine.core.forecast import LEADS, Forecast, ForecastRows, forecast, observe
from engine.core.forecast.state import HOUR, WINDOWS

Look = Callable[[ForecastRows, int], None]
"""Called on the hour, when the rows have forecast at this bucket."""


@dataclass(frozen=True, slots=True)
class Issued:
    """Of one resource of a series at its hourly origins: float64 [origins, leads or windows, levels], NaN = not said.

    `ahead` has p05, p50, p90, p95, p99 of a bucket at LEADS, `maximum` p50, p90, p95, p99 of the highest sample of the
    next WINDOWS. `came` [origins, leads] and `highest` [origins, windows] are what they forecast. `kinds` by name, of
    the longest lead and window: bool [origins].
    """

    resource: str
    ahead: Floats
    maximum: Floats
    came: Floats
    highest: Floats
    kinds: dict[str, Mask]


def step(series: Sequence[Bucketed], look: Look) -> ForecastRows:
    """Feeds a table of rows with the buckets of all series, and returns it."""
    rows = ForecastRows.empty(len(series))
    for close in closes(series):
        observe(rows, close.bucket, close.mean, close.peak)
        if close.bucket % HOUR == 0:
            look(rows, close.bucket)
    return rows


def issued(series: Sequence[Bucketed]) -> Iterator[Issued]:
    """Every forecast that the rows of these series make by themselves."""
    origins: list[int] = []
    ahead: list[Floats] = []
    maximum: list[Floats] = []

    def look(rows: ForecastRows, bucket: int) -> None:
        now = forecast(rows)
        fresh = (now.origin == bucket)[..., None, None]
        origins.append(bucket)
        ahead.append(np.where(fresh, _levels(now), np.nan).astype(np.float32))
        maximum.append(np.where(fresh, now.maximum, np.nan).astype(np.float32))

    step(series, look)
    all_ahead, all_maximum = np.stack(ahead, axis=2), np.stack(maximum, axis=2)
    for row, one in enumerate(series):
        for resource in (0, 1):
            alone = one.series(resource)
            said = ~np.isnan(all_ahead[row, resource, :, 0, 0])
            if alone is not None and said.any():
                at = np.array(origins, np.int64)[said]
                yield Issued(
                    alone.resource,
                    all_ahead[row, resource][said],
                    all_maximum[row, resource][said],
                    came=value_at(one, one.mean, resource, at[:, None] + np.array(LEADS)),
                    highest=highest_of(one, resource, at),
                    kinds={"all": np.ones(len(at), np.bool_), **classes(alone, at, max(LEADS))},
                )


def _levels(now: Forecast) -> Floats:
    return np.stack([now.p05, now.p50, now.p90, now.p95, now.p99], axis=-1)


def value_at(one: Bucketed, value: Floats, resource: int, buckets: Buckets) -> Floats:
    """The value of each of these buckets, NaN where there is none."""
    place = np.minimum(np.searchsorted(one.bucket, buckets), len(one.bucket) - 1)
    found: Floats = np.where(one.bucket[place] == buckets, value[place, resource], np.nan)
    return found


def highest_of(one: Bucketed, resource: int, origins: Buckets) -> Floats:
    """Highest sample of the buckets after each origin, [origins, windows]; NaN where any bucket has none."""
    peaks = value_at(one, one.peak, resource, origins[:, None] + np.arange(1, max(WINDOWS) + 1))
    ends = np.array(WINDOWS) - 1
    highest: Floats = np.maximum.accumulate(peaks, axis=1)[:, ends]
    return highest
