"""The mixture: experts weighted by their record at the lead in question, combined by the weighted median.

Weights are exponential in the discounted absolute error relative to the best expert's, which makes them independent of
scale (river's `ensemble.EWARegressor` is the same without discount and with the learning rate in units of the loss).
Half of a record is that of all targets, half that of targets in the same part of the day.
Experts that abstained are charged what the mixture lost: Freund, Schapire, Singer & Warmuth, "Using and combining
predictors that specialize", STOC 1997.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.core.forecast.compact import decode, encode
from engine.core.forecast.robust import mean, weighted_median
from engine.core.forecast.state import HOUR, LEARNED, PARTS, ForecastRows, Series
from engine.core.rows import Array

DISCOUNT: Final = 0.95
"""Of past losses, per scored forecast: an origin of half a day ago counts half."""
PART_DISCOUNT: Final = 0.982
"""The same in a part of the day, which is visited six hours a day: .9 a day."""
PART_SHARE: Final = 0.5
"""Share of the part's record at the longest learned lead; none at the shortest."""
SHARPNESS: Final = 4.0
"""An expert that lost a quarter more than the best has 1/e of its weight."""


def weights(losses: Array) -> Array:
    """Unnormalised weights, the best expert's being 1, from losses [..., experts]."""
    best = losses.min(axis=-1, keepdims=True)
    excess = np.divide(losses, best, out=np.where(losses > 0, np.float32(np.inf), np.float32(1)), where=best > 0)
    relative: Array = np.exp((excess - np.float32(1)) * np.float32(-SHARPNESS))
    return relative


def combine(predictions: Array, losses: Array) -> tuple[Array, Array]:
    """The weighted median of predictions [..., experts], float32 [...], NaN where all abstain; and their weights."""
    weight = weights(losses)
    # The best expert of the past may abstain now and leave weights that underflow: then all that speak count the same.
    heard = np.where(np.isnan(predictions), np.float32(0), weight).max(axis=-1, keepdims=True) > 0
    used = np.where(heard, weight, np.float32(1))
    return weighted_median(predictions, used), used


def records(rows: ForecastRows, series: Series, bucket: int, leads: tuple[int, ...]) -> Array:
    """The experts' losses at these leads, relative to their mean: float32 [m, leads, experts]."""
    losses, parts = _relative(decode(rows.losses[series])), _relative(decode(rows.part_losses[series]))
    return np.stack([_record(losses, parts, bucket + lead, lead) for lead in leads], axis=1)


def _record(losses: Array, parts: Array, target: int, lead: int) -> Array:
    position = np.float32(np.clip(np.log(lead / LEARNED[0]) / np.log(LEARNED[1] / LEARNED[0]), 0, 1))
    all_day = losses[:, 0] + (losses[:, 1] - losses[:, 0]) * position
    return all_day + (parts[:, part_of(target)] - all_day) * (position * np.float32(PART_SHARE))


def _relative(losses: Array) -> Array:
    """Losses over their mean; all 1 without a record."""
    usual = mean(losses)[..., None]
    return np.divide(losses, usual, out=np.ones_like(losses), where=usual > 0)


def part_of(target: int) -> int:
    """Part of the day in which a bucket lies."""
    return (target - 1) // (24 * HOUR // PARTS) % PARTS


def learn(rows: ForecastRows, series: Series, lead: int, target: int, errors: Array) -> None:
    """Take in the experts' errors float32 [m, experts] at LEARNED[lead], for this target bucket."""
    at = (*series, lead)
    rows.losses[at] = encode(decode(rows.losses[at]) * np.float32(DISCOUNT) + errors)
    if lead == len(LEARNED) - 1:
        at = (*series, part_of(target))
        rows.part_losses[at] = encode(decode(rows.part_losses[at]) * np.float32(PART_DISCOUNT) + errors)


def charged(predictions: Array, forecast: Array, actual: Array) -> Array:
    """Absolute errors of predictions [m, experts]; who abstained is charged the forecast's [m]."""
    error = np.abs(actual - forecast)[:, None]
    errors = np.abs(actual[:, None] - predictions)
    filled: Array = np.where(np.isnan(errors), error, errors)
    return filled
