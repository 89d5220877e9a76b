"""Quantiles of the highest sample until the next change: a small network, the same for all series.

Two layers of rectified units, the second residual, and a linear path from the features to the lowest quantile; the
others follow by positive steps, so that quantiles never cross (as in Gasthaus et al., "Probabilistic forecasting with
spline quantile function RNNs", AISTATS 2019, without the spline). Trained by pinball loss over many series; it learns
nothing here.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from engine.core.compiled import compiled
from engine.core.forecast.powers import exp2, log2
from engine.core.nowcast.record import LN2
from engine.core.rows import Array

LEVELS: Final = (0.1, 0.25, 0.5, 0.7, 0.8, 0.87, 0.92, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998)
_LOG2_E: Final = np.float32(np.log2(np.e))
_NOTHING, _ONE = np.float32(0), np.float32(1)
HIGHEST: Final = np.float32(5)
"""Quantiles are at most so far above the level, as a natural logarithm: 150 times."""


class Weights(NamedTuple):
    """float32: first layer [features, units] and [units], second [units, units] and [units], the steps between
    quantiles [units, levels] and [levels], and the linear path [features]."""

    first: Array
    first_bias: Array
    second: Array
    second_bias: Array
    out: Array
    out_bias: Array
    straight: Array


@compiled
def quantiles(weights: Weights, seen: Array, found: Array) -> None:
    """Write the quantiles, padded log ratios to the level, to found float32 [m, levels].

    seen: float32 [m, features].
    """
    units = weights.first.shape[1]
    hidden, more = np.empty(units, np.float32), np.empty(units, np.float32)
    for place in range(len(seen)):
        hidden[:] = weights.first_bias
        _add(hidden, seen[place], weights.first)
        for unit in range(units):
            hidden[unit] = max(hidden[unit], _NOTHING)
        more[:] = weights.second_bias
        _add(more, hidden, weights.second)
        for unit in range(units):
            hidden[unit] += max(more[unit], _NOTHING)
        steps = found[place]
        steps[:] = weights.out_bias
        _add(steps, hidden, weights.out)
        for feature in range(len(weights.straight)):
            steps[0] += seen[place, feature] * weights.straight[feature]
        for level in range(1, len(steps)):
            steps[level] = steps[level - 1] + _softplus(steps[level])
        for level in range(len(steps)):
            steps[level] = min(steps[level], HIGHEST)


@compiled
def _add(into: Array, values: Array, matrix: Array) -> None:
    for place in range(len(values)):
        value = values[place]
        for unit in range(len(into)):
            into[unit] += value * matrix[place, unit]


@compiled
def _softplus(x: np.float32) -> np.float32:
    return max(x, _NOTHING) + log2(_ONE + exp2(-abs(x) * _LOG2_E)) * LN2
