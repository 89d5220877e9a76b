"""Until the core has `forecast_at`: the forecasts it stores, at the leads it stores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.core.forecast import LEADS, ForecastRows, forecast
from engine.core.rows import Array


@dataclass(frozen=True, slots=True)
class Outlook:
    mean: Array
    p05: Array
    p50: Array
    p95: Array
    why: Array


def forecast_at(rows: ForecastRows, bucket: int, leads: Sequence[int]) -> Outlook:
    stored = forecast(rows)
    at = [int(np.argmin(np.abs(np.array(LEADS) - lead))) for lead in leads]
    young, silent = stored.buckets_seen < 3, bucket - rows.last_bucket > 12
    why = np.where(young, 1, np.where(silent, 2, 0)).astype(np.uint8)
    known = np.where(why[..., None] == 0, 1.0, np.nan)
    p05, p50, p95 = (q[..., at] * known for q in (stored.p05, stored.p50, stored.p95))
    return Outlook(p50, p05, p50, p95, why)
