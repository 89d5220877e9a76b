"""What tells how far off a forecast may be, before it is known: in the unit of the amounts, and zero if nothing moves.

A young series has the spread of the experts and how its last hours moved; an older one has the errors of its forecasts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core.forecast.losses import DISCOUNT
from engine.core.forecast.state import HOUR, LEADS
from engine.core.rows import Array

TRUSTED_AFTER: Final = 3.0
"""After so many scored forecasts a series' own errors count as much as what is known of a young one."""
_COUNTS: Final = ((1 - DISCOUNT ** np.arange(512)) / (1 - DISCOUNT)).astype(np.float32)
"""Sum of the discounts of so many scored forecasts."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """float32 [m, leads], amounts; `age` is 0 without a scored forecast and tends to 1."""

    p50: Array
    spread: Array  # how far the experts are from p50, weighted mean
    away: Array  # how far the last three hours were from p50, mean
    step: Array  # how far the series moved in one lead, at most an hour, during the last three hours, mean
    jump: Array  # how far the last bucket is from p50
    error: Array  # discounted mean absolute error at that lead
    part_error: Array  # the same, in the target's part of the day
    age: Array


def spread(predictions: Array, weights: Array, p50: Array) -> Array:
    """Weighted mean distance of predictions [..., experts] (NaN = abstains) from p50 [...]; 0 where all abstain."""
    distance = np.abs(predictions - p50[..., None])
    weight = np.where(np.isnan(distance), np.float32(0), weights)
    total, heard = _added(np.where(weight > 0, distance * weight, np.float32(0))), _added(weight)
    return np.divide(total, heard, out=np.zeros_like(total), where=heard > 0)


def mean_error(loss: Array, scored: Array) -> Array:
    """Mean absolute error from its discounted sum and the count of scored forecasts, of any shape; 0 without any."""
    count = _COUNTS[np.minimum(scored, len(_COUNTS) - 1)]
    return np.divide(loss, count, out=np.zeros_like(loss), where=count > 0)


def gather(
    p50: Array, spread: Array, recent: Array, error: Array, ratio: Array, scored: Array, leads: tuple[int, ...]
) -> Evidence:
    """The evidence at these leads.

    p50, spread: [m, leads]. recent: the last 36 buckets [m, 36], newest first, NaN = missing; not all may be. error:
    mean errors [m, leads]. ratio: of errors in the target's part of the day to errors at all times [m, leads].
    scored: forecasts scored at LEADS [m, 5].
    """
    away, step = _mean_distance(recent, p50), _steps(recent, leads)
    known = scored.astype(np.float32)
    return Evidence(
        p50=p50,
        spread=spread,
        away=away,
        step=np.where(np.isnan(step), away, step),
        jump=np.abs(_newest(recent)[:, None] - p50),
        error=error,
        part_error=error * ratio,
        age=at_leads(known / (known + np.float32(TRUSTED_AFTER)), leads),
    )


def at_leads(values: Array, leads: tuple[int, ...]) -> Array:
    """Values [m, LEADS, ...] at other leads: linear in the root of the lead, as errors of random walks grow.

    Beyond the longest lead, the longest's; before the shortest, the shortest's.
    """
    if leads == LEADS:
        return values
    position = np.interp(np.sqrt(leads), np.sqrt(LEADS), np.arange(len(LEADS)))
    lower = position.astype(np.int64)
    share = (position - lower).astype(np.float32).reshape(-1, *[1] * (values.ndim - 2))
    below, above = values[:, lower], values[:, np.minimum(lower + 1, len(LEADS) - 1)]
    between: Array = below + (above - below) * share
    return between


def _newest(recent: Array) -> Array:
    found: Array = np.take_along_axis(recent, np.argmin(np.isnan(recent), axis=1)[:, None], axis=1)[:, 0]
    return found


def _mean_distance(recent: Array, p50: Array) -> Array:
    known = ~np.isnan(recent)
    distance = np.abs(np.where(known, recent, np.float32(0))[:, None] - p50[:, :, None])
    total = _added(distance * known[:, None])
    mean: Array = total / np.maximum(known.sum(axis=1), 1).astype(np.float32)[:, None]
    return mean


def _steps(recent: Array, leads: tuple[int, ...]) -> Array:
    """NaN where no two buckets are that far apart: the series is younger than the lead."""
    lags = [min(lead, HOUR) for lead in leads]
    moved = {lag: _mean(np.abs(recent[:, :-lag] - recent[:, lag:])) for lag in set(lags)}
    return np.stack([moved[lag] for lag in lags], axis=1)


def _mean(values: Array) -> Array:
    known = ~np.isnan(values)
    count = known.sum(axis=1).astype(np.float32)
    total = _added(np.where(known, values, np.float32(0)))
    mean: Array = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
    return mean


def _added(terms: Array) -> Array:
    """Sums along the last axis by halves: `sum` may take another order when its neighbour has another length."""
    while (count := terms.shape[-1]) > 1:
        half = count // 2
        total: Array = terms[..., :half] + terms[..., half : 2 * half]
        total[..., : count % 2] += terms[..., 2 * half :]
        terms = total
    return terms[..., 0]
