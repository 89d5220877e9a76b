"""The latest forecast of every row, and how earlier ones did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core.forecast import quantiles, windows
from engine.core.forecast.compact import decode
from engine.core.forecast.evidence import TRUSTED_AFTER
from engine.core.forecast.pending import FORECASTS
from engine.core.forecast.state import LEADS, ForecastRows
from engine.core.rows import Array

AMOUNTS: Final = ("p05", "p50", "p90", "p95", "p99", "mean", "maximum")
"""Fields of `Forecast` in cores or bytes."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """float64, in cores or bytes. Axes: row, resource, lead. NaN means "cannot say" or "no record yet".

    `maximum` [n, 2, 3, 4] is of the highest sample of the next 1, 2 and 4 hours: its p50, p90, p95 and p99. `origin`
    (the last bucket used, -1 none) and `buckets_seen` have no axis of leads. `wape` is sum |actual - p50| / sum
    |actual| and `coverage` the share of actuals at most p95, of the `scored` forecasts, all made before the target was
    seen. `confidence` goes from 0, a forecast that rests on what series have in common, to 1, one that rests on the
    series' own record and keeps what it promised.
    """

    p05: Array
    p50: Array
    p90: Array
    p95: Array
    p99: Array
    mean: Array
    maximum: Array
    origin: Array
    buckets_seen: Array
    wape: Array
    coverage: Array
    scored: Array
    confidence: Array


def forecast(rows: ForecastRows) -> Forecast:
    """Copies: what is done with them does not change the rows."""
    known = rows.origin >= 0
    unit = np.where(known, rows.unit, np.nan)[..., None, None]
    latest = np.stack([FORECASTS.place(index, rows.origin) for index in range(len(LEADS))], axis=-1)
    median = decode(np.take_along_axis(rows.pending, latest, axis=-1))
    issued = quantiles.issue(median, np.take_along_axis(rows.pending_widths, latest[..., None], axis=-2)) * unit
    maximum = windows.latest(rows) * unit
    actuals, unknown = rows.actuals.astype(np.float64), np.full(rows.actuals.shape, np.nan)
    scored = rows.scored.astype(np.int64)
    coverage = np.divide(rows.covered, scored, out=unknown.copy(), where=scored > 0)
    kept = np.minimum(np.nan_to_num(coverage, nan=1.0) / (1 - quantiles.MISSES[2]), 1.0)
    p05, p50, p90, p95, p99, mean = np.moveaxis(issued, -1, 0)
    return Forecast(
        p05=p05,
        p50=p50,
        p90=p90,
        p95=p95,
        p99=p99,
        mean=mean,
        maximum=maximum,
        origin=rows.origin.astype(np.int64),
        buckets_seen=rows.buckets_seen.astype(np.int64),
        wape=np.divide(rows.absolute_errors, actuals, out=unknown.copy(), where=actuals > 0),
        coverage=coverage,
        scored=scored,
        confidence=np.where(known[..., None], scored / (scored + TRUSTED_AFTER) * kept, 0.0),
    )
