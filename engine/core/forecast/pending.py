"""Forecasts that wait for their target: kept at their origin, on the hour, and scored when the target's bucket closes.

At each lead the forecast whose target is an origin lies where the new one goes, so it is scored first.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from engine.core.forecast import losses
from engine.core.forecast.compact import decode, encode
from engine.core.forecast.distribution import Said
from engine.core.forecast.evidence import mean_error
from engine.core.forecast.opinions import keep_opinions, kept_opinions
from engine.core.forecast.quantiles import P95, Calibration, issue, learn
from engine.core.forecast.state import HOUR, LEADS, LEARNED, ForecastRows, Series
from engine.core.rows import Array


class Ring:
    """Where the forecasts of each lead wait: as many places as hours of lead, at least one."""

    def __init__(self, leads: tuple[int, ...]) -> None:
        self.places = [max(1, lead // HOUR) for lead in leads]
        self.first = [sum(self.places[:index]) for index in range(len(leads))]

    def place(self, lead: int, origin: Any) -> Any:
        """Of the forecast at leads[lead] that was made at this bucket; `origin` may be an array."""
        return self.first[lead] + origin // HOUR % self.places[lead]


FORECASTS: Final = Ring(LEADS)
_EXPERTS: Final = Ring(LEARNED)
_MOST_COUNTED: Final = np.iinfo(np.uint16).max


def made_before(rows: ForecastRows, series: Series, bucket: int) -> Array:
    """int64 [m]: bit j is set when a forecast was made j hours before the hour that began last."""
    hours = np.clip(bucket // HOUR - rows.origin[series] // HOUR, 0, 8)
    made: Array = (rows.made[series].astype(np.int64) << hours) & 0xFF
    return made


def keep(rows: ForecastRows, series: Series, bucket: int, said: Said, codes: Array) -> None:
    """Keep a forecast, its widths uint16 [m, leads, 4]; one that was made on the hour waits to be scored."""
    on_the_hour = bucket % HOUR == 0
    rows.made[series] = (made_before(rows, series, bucket) | on_the_hour).astype(np.uint8)
    for index, lead in enumerate(LEADS):
        place = (*series, FORECASTS.place(index, bucket))
        rows.pending[place], rows.pending_widths[place] = encode(said.p50[:, index]), codes[:, index]
        if on_the_hour and lead in LEARNED:
            place = _EXPERTS.place(LEARNED.index(lead), bucket)
            keep_opinions(rows.pending_experts, rows.pending_ends, series, place, said.predictions[:, index])
    rows.origin[series] = bucket


def score(rows: ForecastRows, series: Series, bucket: int, actual: Array) -> None:
    """Compare what was forecast for this bucket with its means (float32 [m], in units), and learn from it."""
    made = made_before(rows, series, bucket)
    for index, lead in enumerate(LEADS):
        if (bucket - lead) % HOUR == 0:
            due = (made >> (bucket // HOUR - (bucket - lead) // HOUR)) & 1 == 1
            if due.any():
                _score_lead(rows, (series[0][due], series[1][due]), index, bucket, actual[due])


def _score_lead(rows: ForecastRows, series: Series, index: int, bucket: int, actual: Array) -> None:
    lead = LEADS[index]
    at, origin = (*series, index), bucket - lead
    waiting = (*series, FORECASTS.place(index, origin))
    p50, codes = decode(rows.pending[waiting]), rows.pending_widths[waiting]
    if lead in LEARNED:
        learned = LEARNED.index(lead)
        place = _EXPERTS.place(learned, origin)
        predictions = kept_opinions(rows.pending_experts, rows.pending_ends, series, place)
        losses.learn(rows, series, learned, bucket, losses.charged(predictions, p50, actual))
    _calibrate(rows, series, index, bucket, p50, codes, actual)
    error = np.abs(actual - p50)
    rows.loss[at] = encode(decode(rows.loss[at]) * np.float32(losses.DISCOUNT) + error)
    rows.absolute_errors[at] += error
    rows.actuals[at] += actual
    counted = rows.scored[at] < _MOST_COUNTED
    rows.covered[at] += counted & (actual <= issue(p50, codes)[:, P95])
    rows.scored[at] += counted


def _calibrate(
    rows: ForecastRows, series: Series, index: int, bucket: int, p50: Array, codes: Array, actual: Array
) -> None:
    at, part = (*series, index), (*series, losses.part_of(bucket))
    before = Calibration(rows.margins[at], rows.part_margins[part], rows.part_ratio[part])
    usual = mean_error(decode(rows.loss[at]), rows.scored[at])
    known = learn(before, p50, codes, actual, usual, rows.scored[at])
    rows.margins[at], rows.part_margins[part] = known.margins, known.part_margins
    rows.part_ratio[part] = known.part_ratio
