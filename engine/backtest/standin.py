"""Until the core has `explain`: the same shape, from what the core has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.core.forecast import LEADS, ForecastRows, forecast_at
from engine.core.forecast.experts import predict
from engine.core.forecast.mixture import records, weights
from engine.core.forecast.state import EXPERTS
from engine.core.rows import Array


@dataclass(frozen=True, slots=True)
class Explanation:
    names: tuple[str, ...]
    said: Array
    weight: Array
    loss: Array
    p05: float
    p50: float
    p90: float
    p95: float
    p99: float
    confidence: float


def explain(rows: ForecastRows, row: int, resource: int, bucket: int, lead: int) -> Explanation:
    series = (np.array([row]), np.array([resource]))
    unit = float(rows.unit[row, resource])
    asked = LEADS if lead in LEADS else (lead,)  # as `asking` does
    place = asked.index(lead)
    said = predict(rows, series, bucket, asked)[0, place].astype(np.float64)
    losses = records(rows, series, bucket, asked)
    weight = np.where(np.isnan(said), 0, weights(losses)[0, place]).astype(np.float64)
    outlook = forecast_at(rows, bucket, asked)
    levels = [float(getattr(outlook, name)[row, resource, place]) for name in ("p05", "p50", "p90", "p95", "p99")]
    p05, p50, p90, p95, p99 = levels
    record = losses[0, place].astype(np.float64) * unit
    return Explanation(EXPERTS, said * unit, weight, record, p05, p50, p90, p95, p99, 0.5)
