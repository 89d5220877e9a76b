"""Learn from each closed bucket; forecast on the hour.

    bucket closes ─▶ record ─▶ on the hour: score what was forecast for this bucket ─▶ experts ─▶ mixture ─▶ band
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core.forecast import pending, robust
from engine.core.forecast.experts import predict
from engine.core.forecast.history import last_buckets, record
from engine.core.forecast.mixture import combine
from engine.core.forecast.quantiles import band, error_scale
from engine.core.forecast.river_model import replace
from engine.core.forecast.state import ORIGIN_EVERY, RECENT, ForecastRows, Series
from engine.core.rows import Array
from engine.messages import Forecaster

FIRST_AFTER: Final = 3
"""Buckets that a series must have shown before it is forecast."""
_BLOCK: Final = 1024
"""Series forecast at a time, so that intermediate arrays stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The latest forecast of every row, in cores or bytes, and how earlier ones did.

    Axes: row, resource, lead. NaN means "cannot say" or "no record yet". `origin` (the last bucket used, -1 none) and
    `buckets_seen` have no axis of leads. `wape` is sum |actual - p50| / sum |actual| and `coverage` the share of
    actuals at most p95, of the `scored` forecasts, all made before the target was seen.
    """

    p05: Array
    p50: Array
    p95: Array
    origin: Array
    buckets_seen: Array
    wape: Array
    coverage: Array
    scored: Array


def observe(
    rows: ForecastRows, bucket: int, mean: Array, peak: Array, named: Mapping[int, Forecaster] | None = None
) -> dict[int, str]:
    """A bucket has closed: learn from it in place, and on the hour score and forecast.

    `bucket` is its end in seconds // 300; `mean` float64 [n, 2] in cores and bytes, NaN = no sample, which leaves that
    series as it was; so does a bucket that is not newer than the last. `peak`, the highest sample of the bucket,
    teaches nothing yet: forecasts are of means. `named` puts a river forecaster on rows, used on the hour.
    Returns the rows whose river forecaster could not say, with the reason; there the built-in one is used.
    """
    heard = np.isfinite(mean) & (mean >= 0) & (rows.last_bucket < bucket)
    row, resource = np.nonzero(heard)
    series = row, resource
    values = mean[series]
    record(rows, series, bucket, values.astype(np.float32))
    if bucket % ORIGIN_EVERY:
        first = rows.buckets_seen[series] == FIRST_AFTER
        return _forecast(rows, (series[0][first], series[1][first]), bucket, named or {})
    pending.score(rows, series, bucket, values)
    return _forecast(rows, _old_enough(rows, series), bucket, named or {})


def _old_enough(rows: ForecastRows, series: Series) -> Series:
    old = rows.buckets_seen[series] >= FIRST_AFTER
    return series[0][old], series[1][old]


def _forecast(rows: ForecastRows, series: Series, bucket: int, named: Mapping[int, Forecaster]) -> dict[int, str]:
    """Make the forecast of these series; those made on the hour wait to be scored."""
    reasons: dict[int, str] = {}
    for begin in range(0, len(series[0]), _BLOCK):
        block = series[0][begin : begin + _BLOCK], series[1][begin : begin + _BLOCK]
        predictions = predict(rows, block, bucket)
        p50 = combine(predictions, rows.losses[block])
        if named and bucket % ORIGIN_EVERY == 0:
            reasons |= replace(rows, block, bucket, p50, named)
        level = robust.mean(last_buckets(rows, block, bucket, RECENT))[:, None]
        error = error_scale(rows.loss[block], rows.scored[block], level)
        quantiles = band(p50, error, rows.margins[block])
        if bucket % ORIGIN_EVERY == 0:
            pending.keep(rows, block, bucket, predictions, quantiles)
        rows.quantiles[block] = quantiles
        rows.origin[block] = bucket
    return reasons


def forecast(rows: ForecastRows) -> Forecast:
    """The latest forecast of every row and the record of earlier ones; float64 copies."""
    quantiles = rows.quantiles.astype(np.float64)
    unknown = np.full_like(rows.actuals, np.nan)
    return Forecast(
        p05=quantiles[..., 0],
        p50=quantiles[..., 1],
        p95=quantiles[..., 2],
        origin=rows.origin.astype(np.int64),
        buckets_seen=rows.buckets_seen.astype(np.int64),
        wape=np.divide(rows.absolute_errors, rows.actuals, out=unknown.copy(), where=rows.actuals > 0),
        coverage=np.divide(rows.covered, rows.scored, out=unknown.copy(), where=rows.scored > 0),
        scored=rows.scored.astype(np.int64),
    )
