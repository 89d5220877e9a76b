"""Forecasts that wait for their target: kept at their origin, on the hour, and scored when the target's bucket closes.

At each lead the forecast whose target is an origin lies where the new one goes, so it is scored first.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.core.forecast import mixture
from engine.core.forecast.compact import decode, encode
from engine.core.forecast.quantiles import track
from engine.core.forecast.state import HOUR, LEADS, LEARNED, ForecastRows, Series
from engine.core.rows import Array


class Ring:
    """Where the forecasts of each lead wait: as many places as hours of lead, at least one."""

    def __init__(self, leads: tuple[int, ...]) -> None:
        self.places = [max(1, lead // HOUR) for lead in leads]
        self.first = [sum(self.places[:index]) for index in range(len(leads))]

    def place(self, lead: int, origin: int) -> int:
        """Of the forecast at leads[lead] that was made at this bucket."""
        return self.first[lead] + origin // HOUR % self.places[lead]


_FORECASTS: Final = Ring(LEADS)
_EXPERTS: Final = Ring(LEARNED)


def _made(rows: ForecastRows, series: Series, hour: int) -> Array:
    """int64 [m]: bit j is set when a forecast was made j hours before this hour."""
    hours = np.clip(hour - rows.origin[series] // HOUR, 0, 8)
    made: Array = (rows.made[series].astype(np.int64) << hours) & 0xFF
    return made


def keep(rows: ForecastRows, series: Series, bucket: int, predictions: Array, quantiles: Array) -> None:
    """Remember what was forecast on the hour: predictions [m, leads, experts], quantiles [m, leads, 3]."""
    rows.made[series] = (_made(rows, series, bucket // HOUR) | 1).astype(np.uint8)
    for index, lead in enumerate(LEADS):
        rows.pending[(*series, _FORECASTS.place(index, bucket))] = quantiles[:, index]
        if lead in LEARNED:
            place = _EXPERTS.place(LEARNED.index(lead), bucket)
            rows.pending_experts[(*series, place)] = encode(predictions[:, index])


def score(rows: ForecastRows, series: Series, bucket: int, actual: Array) -> None:
    """Compare what was forecast for this bucket with its means (float32 [m], in units), and learn from it."""
    made = _made(rows, series, bucket // HOUR)
    for index, lead in enumerate(LEADS):
        if (bucket - lead) % HOUR == 0:
            due = (made >> ((bucket // HOUR) - (bucket - lead) // HOUR)) & 1 == 1
            if due.any():
                _score_lead(rows, (series[0][due], series[1][due]), index, bucket, actual[due])


def _score_lead(rows: ForecastRows, series: Series, index: int, bucket: int, actual: Array) -> None:
    lead = LEADS[index]
    at, origin = (*series, index), bucket - lead
    quantiles = rows.pending[(*series, _FORECASTS.place(index, origin))]
    if lead in LEARNED:
        learned = LEARNED.index(lead)
        predictions = decode(rows.pending_experts[(*series, _EXPERTS.place(learned, origin))])
        mixture.learn(rows, series, learned, bucket, mixture.charged(predictions, quantiles[:, 1], actual))
    error = np.abs(actual - quantiles[:, 1])
    rows.loss[at] = rows.loss[at] * np.float32(mixture.DISCOUNT) + error
    rows.margins[at] = track(rows.margins[at], quantiles, actual)
    rows.absolute_errors[at] += error
    rows.actuals[at] += actual
    rows.covered[at] += actual <= quantiles[:, 2]
    rows.scored[at] += 1
