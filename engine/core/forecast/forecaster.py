"""Learn from each closed bucket; forecast on the hour.

bucket closes ─▶ record ─▶ score what was forecast for it ─▶ on the hour: experts ─▶ mixture ─▶ quantiles
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from engine.core.forecast import pending, windows
from engine.core.forecast.distribution import combined, evidence_of, widths_of
from engine.core.forecast.history import record
from engine.core.forecast.river_model import replace
from engine.core.forecast.state import HOUR, LEADS, ForecastRows, Series
from engine.core.rows import Array
from engine.messages import Forecaster

FIRST_AFTER: Final = 3
"""Buckets that a series must have shown before it is forecast."""
_BLOCK: Final = 512
"""Series forecast at a time, so that intermediate arrays stay small."""


def observe(
    rows: ForecastRows, bucket: int, mean: Array, peak: Array, named: Mapping[int, Forecaster] | None = None
) -> dict[int, str]:
    """A bucket has closed: learn from it in place, and on the hour forecast.

    `bucket` is its end in seconds // 300; `mean` float64 [n, 2] in cores and bytes, NaN = no sample, which leaves that
    series as it was; so does a bucket that is not newer than the last. `peak`, the highest sample of the bucket,
    teaches what maxima to expect. `named` puts a river forecaster on rows, used on the hour.
    Returns the rows whose river forecaster could not say, with the reason; there the built-in one is used.
    """
    learn(rows, bucket, mean, peak)
    return forecast_due(rows, np.arange(len(rows)), bucket, named)


def learn(rows: ForecastRows, bucket: int, mean: Array, peak: Array) -> None:
    """The first half of `observe`. What it makes due is to be made before the next bucket is learned from."""
    heard = np.isfinite(mean) & (mean >= 0) & (rows.last_bucket < bucket)
    row, resource = np.nonzero(heard)
    series = row, resource
    last_bucket = rows.last_bucket[series]
    record(rows, series, bucket, mean[series])
    windows.note(rows, series, last_bucket, bucket, _in_units(rows, series, np.fmax(peak[series], mean[series])))
    pending.score(rows, series, bucket, _in_units(rows, series, mean[series]))
    if bucket % HOUR == 0:
        windows.learn(rows, series, bucket, pending.made_before(rows, series, bucket))


def forecast_due(
    rows: ForecastRows, which: Array, bucket: int, named: Mapping[int, Forecaster] | None = None
) -> dict[int, str]:
    """The second half of `observe`, for the rows `which` int [k]: forecasts what is due, once."""
    seen = rows.buckets_seen[which]
    due = seen >= FIRST_AFTER if bucket % HOUR == 0 else seen == FIRST_AFTER
    row, resource = np.nonzero(due & (rows.last_bucket[which] == bucket) & (rows.origin[which] < bucket))
    return _forecast(rows, (which[row], resource), bucket, named or {})


def _in_units(rows: ForecastRows, series: Series, amounts: Array) -> Array:
    """float32 of amounts float64 [m]."""
    unit = rows.unit[series]
    return np.divide(amounts, unit, out=np.zeros_like(amounts), where=unit > 0).astype(np.float32)


def blocks(series: Series) -> Iterator[Series]:
    """The series in parts that are forecast together."""
    for begin in range(0, len(series[0]), _BLOCK):
        yield series[0][begin : begin + _BLOCK], series[1][begin : begin + _BLOCK]


def _forecast(rows: ForecastRows, series: Series, bucket: int, named: Mapping[int, Forecaster]) -> dict[int, str]:
    """Make the forecast of these series; those made on the hour wait to be scored."""
    reasons: dict[int, str] = {}
    for block in blocks(series):
        said = combined(rows, block, bucket, LEADS)
        if named and bucket % HOUR == 0:
            reasons |= replace(rows, block, bucket, said.p50, named)
        known = evidence_of(rows, block, bucket, said, LEADS)
        pending.keep(rows, block, bucket, said, widths_of(rows, block, bucket, known, LEADS))
        windows.forecast(rows, block, bucket, known)
    return reasons


def warm_up() -> None:
    """Compile all that is compiled, or load it from the cache, so that no bucket has to wait for it.

    Two hours of a made-up container do: they are recorded, forecast on the hour, and scored an hour later.
    """
    rows, usage = ForecastRows.empty(1), np.ones((1, 2))
    for bucket in range(1, 2 * HOUR + 1):
        observe(rows, bucket, usage, usage)
