"""The mixture: experts weighted by their record at the lead in question, combined by the weighted median.

Weights are exponential in the discounted absolute error relative to the best expert's, which makes them independent of
scale (river's `ensemble.EWARegressor` is the same without discount and with the learning rate in units of the loss).
Experts that abstained are charged what the mixture lost: Freund, Schapire, Singer & Warmuth, "Using and combining
predictors that specialize", STOC 1997.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.core.forecast.robust import weighted_median
from engine.core.rows import Array

DISCOUNT: Final = 0.95
"""Of past losses, per scored forecast: an origin of half a day ago counts half."""
SHARPNESS: Final = 5.0
"""An expert that lost a fifth more than the best has 1/e of its weight."""


def weights(losses: Array) -> Array:
    """Unnormalised weights, the best expert's being 1, from discounted losses [..., experts]."""
    best = losses.min(axis=-1, keepdims=True)
    excess = np.divide(losses, best, out=np.where(losses > 0, np.float32(np.inf), np.float32(1)), where=best > 0)
    relative: Array = np.exp((excess - np.float32(1)) * np.float32(-SHARPNESS))
    return relative


def combine(predictions: Array, losses: Array) -> Array:
    """float32 [...]: the weighted median of predictions [..., experts]; NaN where all abstain."""
    weight = weights(losses)
    # The best expert of the past may abstain now and leave weights that underflow: then all that speak count the same.
    heard = np.where(np.isnan(predictions), np.float32(0), weight).max(axis=-1, keepdims=True) > 0
    return weighted_median(predictions, np.where(heard, weight, np.float32(1)))


def learn(losses: Array, loss: Array, predictions: Array, forecast: Array, actual: Array) -> tuple[Array, Array]:
    """Discounted losses of the experts [..., experts] and of the forecast [...] after `actual` [...] was seen."""
    error = np.abs(actual - forecast)
    errors = np.abs(actual[..., None] - predictions)
    errors = np.where(np.isnan(errors), error[..., None], errors)
    return losses * np.float32(DISCOUNT) + errors, loss * np.float32(DISCOUNT) + error
