"""Forecasts that wait for their target: kept at their origin, scored when the target's bucket closes.

At each lead the forecast whose target is this bucket lies where the new one goes, so it is scored first.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.core.forecast.compact import decode, encode
from engine.core.forecast.mixture import learn
from engine.core.forecast.quantiles import track
from engine.core.forecast.state import ORIGIN_EVERY, PENDING, ForecastRows, Series
from engine.core.rows import Array

_FIRST: Final = np.cumsum([0, *PENDING[:-1]])


def _slots(bucket: int) -> Array:
    slots: Array = _FIRST + (bucket // ORIGIN_EVERY) % np.array(PENDING)
    return slots


def _made_before(rows: ForecastRows, series: Series, bucket: int) -> Array:
    """uint8 [m]: bit j is set when a forecast was made j hours before this bucket."""
    hours = (bucket - rows.origin[series]) // ORIGIN_EVERY
    made = rows.made[series].astype(np.int64) << np.clip(hours, 0, 8)
    recent: Array = (made & 0xFF).astype(np.uint8)
    return recent


def keep(rows: ForecastRows, series: Series, bucket: int, predictions: Array, quantiles: Array) -> None:
    """Remember what was forecast on the hour: predictions [m, leads, experts], quantiles [m, leads, 3]."""
    rows.made[series] = _made_before(rows, series, bucket) | 1
    for lead, slot in enumerate(_slots(bucket)):
        rows.pending_experts[(*series, slot)] = encode(predictions[:, lead])
        rows.pending[(*series, slot)] = quantiles[:, lead]


def score(rows: ForecastRows, series: Series, bucket: int, actual: Array) -> None:
    """Compare what was forecast for this bucket with its means (float64 [m]), and learn from it."""
    made = _made_before(rows, series, bucket)
    for lead, slot in enumerate(_slots(bucket)):
        due = (made >> np.uint8(PENDING[lead])) & 1 == 1
        if due.any():
            _score_lead(rows, (series[0][due], series[1][due]), lead, int(slot), actual[due])


def _score_lead(rows: ForecastRows, series: Series, lead: int, slot: int, actual: Array) -> None:
    at = (*series, lead)
    quantiles, value = rows.pending[(*series, slot)], actual.astype(np.float32)
    predictions = decode(rows.pending_experts[(*series, slot)])
    rows.losses[at], rows.loss[at] = learn(rows.losses[at], rows.loss[at], predictions, quantiles[:, 1], value)
    rows.margins[at] = track(rows.margins[at], quantiles, value)
    rows.absolute_errors[at] += np.abs(value.astype(np.float64) - quantiles[:, 1])
    rows.actuals[at] += value
    rows.covered[at] += value <= quantiles[:, 2]
    rows.scored[at] += 1
