"""The experts' records: discounted absolute errors by learned lead, and by part of the day at the longest.

Experts that abstained are charged what the mixture lost: Freund, Schapire, Singer & Warmuth, "Using and combining
predictors that specialize", STOC 1997.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.core.compiled import compiled
from engine.core.forecast.compact import amount_of, code_of, decode
from engine.core.forecast.state import HOUR, LEARNED, PARTS, ForecastRows, Series
from engine.core.rows import Array

DISCOUNT: Final = 0.95
"""Of past losses, per scored forecast: an origin of half a day ago counts half."""
PART_DISCOUNT: Final = 0.982
"""The same in a part of the day, which is visited six hours a day: .9 a day."""


def position_of(leads: tuple[int, ...]) -> Array:
    """float32: 0 at the shortest learned lead, 1 at the longest, linear in the logarithm."""
    position: Array = (np.log(np.array(leads) / LEARNED[0]) / np.log(LEARNED[1] / LEARNED[0])).astype(np.float32)
    return position


def records(rows: ForecastRows, series: Series, bucket: int, leads: tuple[int, ...]) -> tuple[Array, Array]:
    """The experts' losses at these leads, of all targets and of those in the target's part of the day.

    Relative to their mean: float32 [m, leads, experts] each, all 1 without any.
    """
    known, parts = _relative(rows.losses[series]), _relative(rows.part_losses[series])
    position = np.clip(position_of(leads), 0, 1)[:, None]
    shortest, longest = known[:, :1], known[:, 1:]
    return shortest + (longest - shortest) * position, parts[:, [part_of(bucket + lead) for lead in leads]]


def _relative(codes: Array) -> Array:
    """Losses [m, k, experts] over their mean."""
    losses = decode(codes)
    usual = losses.cumsum(axis=-1, dtype=np.float32)[..., -1:] / np.float32(losses.shape[-1])
    relative: Array = np.divide(losses, usual, out=np.ones_like(losses), where=usual > 0)
    return relative


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
