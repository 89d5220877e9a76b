"""The mixture: experts weighted by their record at the lead in question, combined by the weighted median.

Weights are exponential in the discounted absolute error relative to the best expert's, which makes them independent of
scale (river's `ensemble.EWARegressor` is the same without discount and with the learning rate in units of the loss).
Half of a record is that of all targets, half that of targets in the same part of the day.
Experts that abstained are charged what the mixture lost: Freund, Schapire, Singer & Warmuth, "Using and combining
predictors that specialize", STOC 1997.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from engine.core.compiled import compiled
from engine.core.forecast.compact import amount_of, code_of
from engine.core.forecast.powers import exp2
from engine.core.forecast.robust import mean, weighted_median
from engine.core.forecast.state import EXPERTS, HOUR, LEARNED, PARTS, ForecastRows, Series
from engine.core.rows import Array

DISCOUNT: Final = 0.95
"""Of past losses, per scored forecast: an origin of half a day ago counts half."""
PART_DISCOUNT: Final = 0.982
"""The same in a part of the day, which is visited six hours a day: .9 a day."""
PART_SHARE: Final = np.float32(0.5)
"""Share of the part's record at the longest learned lead; none at the shortest."""
SHARPNESS: Final = 4.0
"""An expert that lost a quarter more than the best has 1/e of its weight."""
_STEEPNESS: Final = np.float32(-SHARPNESS * math.log2(math.e))
_NOTHING, _ONE, _INFINITE = np.float32(0), np.float32(1), np.float32(np.inf)


@compiled
def _weigh(losses: Array, found: Array) -> None:
    """Write weights of experts [n], the best one's being 1.

    None is below 2^-100, so that the others are heard where the best of the past abstain.
    """
    best = losses.min()
    for expert in range(len(losses)):
        excess = losses[expert] / best if best > _NOTHING else _ONE if losses[expert] == best else _INFINITE
        found[expert] = exp2((excess - _ONE) * _STEEPNESS)


def combine(predictions: Array, losses: Array) -> tuple[Array, Array]:
    """The weighted median of predictions, float32 [...], NaN where all abstain, and the weights [..., experts].

    predictions, losses: float32 [..., experts]. The best expert's weight is 1; who abstains has none.
    """
    table = np.ascontiguousarray(predictions).reshape(-1, predictions.shape[-1])
    found, weight = np.empty(len(table), np.float32), np.empty_like(table)
    _combine(table, np.ascontiguousarray(losses).reshape(table.shape), weight, found)
    return found.reshape(predictions.shape[:-1]), weight.reshape(predictions.shape)


@compiled
def _combine(predictions: Array, losses: Array, weight: Array, found: Array) -> None:
    order = np.empty(predictions.shape[1], np.int64)
    for row in range(len(predictions)):
        _weigh(losses[row], weight[row])
        for expert in range(len(order)):
            if np.isnan(predictions[row, expert]):
                weight[row, expert] = _NOTHING
        found[row] = weighted_median(predictions[row], weight[row], order)


def records(rows: ForecastRows, series: Series, bucket: int, leads: tuple[int, ...]) -> Array:
    """The experts' losses at these leads, relative to their mean: float32 [m, leads, experts]."""
    found = np.empty((len(series[0]), len(leads), len(EXPERTS)), np.float32)
    position = np.clip(np.log(np.array(leads) / LEARNED[0]) / np.log(LEARNED[1] / LEARNED[0]), 0, 1).astype(np.float32)
    part = np.array([part_of(bucket + lead) for lead in leads])
    row, resource = np.array(series)
    _records(rows.losses, rows.part_losses, row, resource, position, part, found)
    return found


@compiled
def _records(
    losses: Array, part_losses: Array, row: Array, resource: Array, position: Array, part: Array, found: Array
) -> None:
    """`position` float32 [leads] is 0 at the shortest learned lead and 1 at the longest, `part` int64 [leads]."""
    known, parts = np.empty(losses.shape[2:], np.float32), np.empty(part_losses.shape[2:], np.float32)
    for place in range(len(found)):
        at = row[place], resource[place]
        _relative(losses[at], known)
        _relative(part_losses[at], parts)
        for lead in range(len(position)):
            of_part = parts[part[lead]]
            for expert in range(len(of_part)):
                shortest, longest = known[0, expert], known[1, expert]
                all_day = shortest + (longest - shortest) * position[lead]
                share = position[lead] * PART_SHARE
                found[place, lead, expert] = all_day + (of_part[expert] - all_day) * share


@compiled
def _relative(codes: Array, losses: Array) -> None:
    """Write losses [k, experts] over their mean; all 1 without a record."""
    for row in range(len(codes)):
        for expert in range(codes.shape[1]):
            losses[row, expert] = amount_of(codes[row, expert])
        usual = mean(losses[row])
        for expert in range(codes.shape[1]):
            losses[row, expert] = losses[row, expert] / usual if usual > _NOTHING else _ONE


def part_of(target: int) -> int:
    """Part of the day in which a bucket lies."""
    return (target - 1) // (24 * HOUR // PARTS) % PARTS


def learn(rows: ForecastRows, series: Series, lead: int, target: int, errors: Array) -> None:
    """Take in the experts' errors float32 [m, experts] at LEARNED[lead], for this target bucket."""
    row, resource = np.array(series)
    _learn(rows.losses, row, resource, lead, np.float32(DISCOUNT), errors)
    if lead == len(LEARNED) - 1:
        _learn(rows.part_losses, row, resource, part_of(target), np.float32(PART_DISCOUNT), errors)


@compiled
def _learn(losses: Array, row: Array, resource: Array, place: int, discount: np.float32, errors: Array) -> None:
    for series in range(len(errors)):
        known = losses[row[series], resource[series], place]
        for expert in range(len(known)):
            known[expert] = code_of(amount_of(known[expert]) * discount + errors[series, expert])


def charged(predictions: Array, forecast: Array, actual: Array) -> Array:
    """Absolute errors of predictions [m, experts]; who abstained is charged the forecast's [m]."""
    error = np.abs(actual - forecast)[:, None]
    errors = np.abs(actual[:, None] - predictions)
    filled: Array = np.where(np.isnan(errors), error, errors)
    return filled
