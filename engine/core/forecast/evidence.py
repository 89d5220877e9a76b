"""What tells how far off a forecast may be, before it is known: in the unit of the amounts, and zero if nothing moves.

A young series has the spread of the experts and how its last hours moved; an older one has the errors of its forecasts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core.forecast.mixture import DISCOUNT
from engine.core.forecast.robust import mean
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
    total, weight = np.zeros_like(p50), np.zeros_like(p50)
    for k in range(predictions.shape[-1]):
        distance = np.abs(predictions[..., k] - p50)
        heard = np.where(np.isnan(distance), np.float32(0), weights[..., k])
        total += np.where(heard > 0, distance * heard, np.float32(0))
        weight += heard
    return np.divide(total, weight, out=np.zeros_like(total), where=weight > 0)


def mean_error(loss: Array, scored: Array) -> Array:
    """Mean absolute error from its discounted sum and the count of scored forecasts, of any shape; 0 without any."""
    count = _COUNTS[np.minimum(scored, len(_COUNTS) - 1)]
    return np.divide(loss, count, out=np.zeros_like(loss), where=count > 0)


def gather(
    p50: Array, spread: Array, recent: Array, error: Array, ratio: Array, scored: Array, leads: tuple[int, ...]
) -> Evidence:
    """The evidence at these leads.

    p50, spread: [m, leads]. recent: the last 36 buckets [m, 36], newest first, NaN = missing; not all may be. error:
    mean errors at LEADS [m, 5]. ratio: of errors in the target's part of the day to errors at all times [m, leads].
    scored: forecasts scored at LEADS [m, 5].
    """
    usual, away, step = at_leads(error, leads), _mean_distance(recent, p50), _steps(recent, leads)
    known = scored.astype(np.float32)
    return Evidence(
        p50=p50,
        spread=spread,
        away=away,
        step=np.where(np.isnan(step), away, step),
        jump=np.abs(_newest(recent)[:, None] - p50),
        error=usual,
        part_error=usual * ratio,
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
    """Term by term, since numpy may add along an axis in another order when its neighbour has another length."""
    total, count = np.zeros_like(p50), np.zeros((len(p50), 1), np.float32)
    for k in range(recent.shape[1]):
        value = recent[:, k, None]
        known = ~np.isnan(value)
        total += np.where(known, np.abs(value - p50), np.float32(0))
        count += known
    return total / np.maximum(count, np.float32(1))


def _steps(recent: Array, leads: tuple[int, ...]) -> Array:
    """NaN where no two buckets are that far apart: the series is younger than the lead."""
    lags = [min(lead, HOUR) for lead in leads]
    moved = {lag: mean(np.abs(recent[:, :-lag] - recent[:, lag:])) for lag in sorted(set(lags))}
    return np.stack([moved[lag] for lag in lags], axis=1)
