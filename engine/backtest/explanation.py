"""Who spoke for a forecast: the experts, their weights and records, as the engine's own mixture has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core.forecast import LEADS, ForecastRows, forecast, forecast_at
from engine.core.forecast.distribution import heard
from engine.core.forecast.mixture import combine
from engine.core.forecast.state import EXPERTS
from engine.core.rows import Array

LEVELS: Final = (5, 50, 90, 95, 99)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Of one row, resource and lead; amounts in cores or bytes.

    By expert: `said` (NaN: abstained), `weight` (shares of 1), `record`, its discounted errors over the mean expert's.
    `quantiles` by level in percent. `wape` and `covered` (by p95) are the row's own record so far at this lead, over
    `scored` forecasts; None where it keeps none. `confidence`: see `Forecast`; None likewise.
    """

    names: tuple[str, ...]
    said: Array
    weight: Array
    record: Array
    quantiles: dict[int, float]
    wape: float | None
    covered: float | None
    scored: int
    confidence: float | None


def explain(rows: ForecastRows, row: int, resource: int, bucket: int, lead: int) -> Explanation:
    """Explains what `asking` is told at `bucket`; the row must be able to say something then."""
    asked = LEADS if lead in LEADS else (lead,)  # as `asking` does
    place = asked.index(lead)
    outlook = forecast_at(rows, bucket, asked)
    last = int(rows.last_bucket[row, resource])
    later = tuple(ahead + bucket - last for ahead in asked)  # a row looks ahead from its last sample
    series = (np.array([row]), np.array([resource]))
    every = heard(rows, series, last, later)
    _, weight = combine(every)
    kept = forecast(rows)
    at = (row, resource, place)
    scored = int(kept.scored[at]) if asked is LEADS else 0
    return Explanation(
        names=EXPERTS,
        said=every.predictions[0, place].astype(np.float64) * float(rows.unit[row, resource]),
        weight=_shares(weight[0, place].astype(np.float64)),
        record=every.records[0, place].astype(np.float64),
        quantiles={level: float(getattr(outlook, f"p{level:02d}")[at]) for level in LEVELS},
        wape=_known(kept.wape[at]) if scored else None,
        covered=_known(kept.coverage[at]) if scored else None,
        scored=scored,
        confidence=float(kept.confidence[at]) if asked is LEADS else None,
    )


def _shares(weight: Array) -> Array:
    """Weights over their sum; all 0 where everybody abstains."""
    shares: Array = weight / max(weight.sum(), 1e-300)
    return shares


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
