"""Learn from each closed bucket; forecast on the hour.

    bucket closes ─▶ record ─▶ score what was forecast for it ─▶ on the hour: experts ─▶ mixture ─▶ band
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core.forecast import pending, robust
from engine.core.forecast.compact import decode
from engine.core.forecast.experts import predict
from engine.core.forecast.history import record
from engine.core.forecast.mixture import combine, records
from engine.core.forecast.quantiles import band, error_scale
from engine.core.forecast.river_model import replace
from engine.core.forecast.state import HOUR, LEADS, ForecastRows, Series
from engine.core.rows import Array
from engine.messages import Forecaster

FIRST_AFTER: Final = 3
"""Buckets that a series must have shown before it is forecast."""
_BLOCK: Final = 512
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
    """A bucket has closed: learn from it in place, and on the hour forecast.

    `bucket` is its end in seconds // 300; `mean` float64 [n, 2] in cores and bytes, NaN = no sample, which leaves that
    series as it was; so does a bucket that is not newer than the last. `peak`, the highest sample of the bucket,
    teaches nothing yet: forecasts are of means. `named` puts a river forecaster on rows, used on the hour.
    Returns the rows whose river forecaster could not say, with the reason; there the built-in one is used.
    """
    heard = np.isfinite(mean) & (mean >= 0) & (rows.last_bucket < bucket)
    row, resource = np.nonzero(heard)
    series = row, resource
    record(rows, series, bucket, mean[series])
    pending.score(rows, series, bucket, decode(rows.recent[(*series, (bucket - 1) % rows.recent.shape[-1])]))
    seen = rows.buckets_seen[series]
    due = seen >= FIRST_AFTER if bucket % HOUR == 0 else seen == FIRST_AFTER
    return _forecast(rows, (row[due], resource[due]), bucket, named or {})


def blocks(series: Series) -> Iterator[Series]:
    """The series in blocks that fit the processor's cache."""
    for begin in range(0, len(series[0]), _BLOCK):
        yield series[0][begin : begin + _BLOCK], series[1][begin : begin + _BLOCK]


def _forecast(rows: ForecastRows, series: Series, bucket: int, named: Mapping[int, Forecaster]) -> dict[int, str]:
    """Make the forecast of these series; those made on the hour wait to be scored."""
    reasons: dict[int, str] = {}
    for block in blocks(series):
        predictions, p50 = combined(rows, block, bucket, LEADS)
        if named and bucket % HOUR == 0:
            reasons |= replace(rows, block, bucket, p50, named)
        quantiles = quantiles_of(rows, block, bucket, p50, LEADS)
        if bucket % HOUR == 0:
            pending.keep(rows, block, bucket, predictions, quantiles)
        rows.quantiles[block] = quantiles
        rows.origin[block] = bucket
    return reasons


def combined(rows: ForecastRows, series: Series, bucket: int, leads: tuple[int, ...]) -> tuple[Array, Array]:
    """What the experts say [m, leads, experts], and the mixture's median [m, leads], float32 in units."""
    predictions = predict(rows, series, bucket, leads)
    return predictions, combine(predictions, records(rows, series, bucket, leads))


def quantiles_of(rows: ForecastRows, series: Series, bucket: int, p50: Array, leads: tuple[int, ...]) -> Array:
    """p05, p50, p95 around p50 [m, leads]: float32 [m, leads, 3], in units."""
    level = robust.mean(decode(rows.recent[series]))[:, None]
    error = at_leads(error_scale(rows.loss[series], rows.scored[series], level), leads)
    margins = at_leads(rows.margins[series].swapaxes(1, 2), leads).swapaxes(1, 2)
    return band(p50, error, margins)


def at_leads(values: Array, leads: tuple[int, ...]) -> Array:
    """Values [..., LEADS] at other leads: linear in the root of the lead, as errors of random walks grow."""
    if leads == LEADS:
        return values
    position = np.interp(np.sqrt(leads), np.sqrt(LEADS), np.arange(len(LEADS)))
    lower = np.minimum(position.astype(np.int64), len(LEADS) - 2)
    share = (position - lower).astype(np.float32)
    below, above = values[..., lower], values[..., lower + 1]
    between: Array = below + (above - below) * share
    return between


def forecast(rows: ForecastRows) -> Forecast:
    """The latest forecast of every row and the record of earlier ones; float64 copies."""
    quantiles = rows.quantiles.astype(np.float64) * rows.unit[..., None, None]
    unknown = np.full(rows.actuals.shape, np.nan)
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
