"""The nowcast's network and its gradient, in numpy: what `engine.core.nowcast.network` computes, to be trained.

The loss is the pinball loss at each level, of the logarithms and of the ratios themselves: the one keeps what is low
in sight, the other is what idle capacity costs. Units are dropped at random (Srivastava et al., "Dropout", JMLR 2014):
there are few series, and a network that knows them by heart is worse on others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from benchmarks.sizing.nowcast.collect import Examples
from engine.core.nowcast.features import FEATURES
from engine.core.nowcast.network import LEVELS, Weights
from engine.core.rows import Array

_LEVELS: Final = np.array(LEVELS, np.float32)
_HIGHEST: Final = np.float32(2.5)
"""Ratios weigh no more than this one, a natural logarithm."""


def random(units: int, rng: np.random.Generator) -> Weights:
    levels = len(LEVELS)
    sizes = ((FEATURES, units), (units,), (units, units), (units,), (units, levels), (levels,), (FEATURES,))
    scales = (FEATURES**-0.5, 0, 0.7 * units**-0.5, 0, 0.05 * units**-0.5, 0, 0)
    made = [(rng.normal(size=size) * scale).astype(np.float32) for size, scale in zip(sizes, scales, strict=True)]
    made[5][:] = -2.5
    made[5][0] = -0.3
    return Weights(*made)


def quantiles(w: Weights, seen: Array) -> Array:
    """float32 [n, levels], without what `engine.core.nowcast.network` cuts off."""
    first = np.maximum(seen @ w.first + w.first_bias, 0)
    hidden = first + np.maximum(first @ w.second + w.second_bias, 0)
    steps = hidden @ w.out + w.out_bias
    steps[:, 0] += seen @ w.straight
    steps[:, 1:] = np.logaddexp(0, steps[:, 1:])
    found: Array = np.cumsum(steps, axis=1)
    return found


def gradient(
    w: Weights, seen: Array, target: Array, weight: Array, dropped: float, rng: np.random.Generator
) -> tuple[float, Weights]:
    """Mean loss of a batch (seen [n, features], target and weight [n]), and its gradient."""
    units, n = w.first.shape[1], len(seen)
    masks = [(rng.random((n, units), np.float32) >= dropped) / np.float32(1 - dropped) for _ in range(2)]
    before = seen @ w.first + w.first_bias
    first = np.maximum(before, 0) * masks[0]
    more = first @ w.second + w.second_bias
    hidden = first + np.maximum(more, 0) * masks[1]
    steps = hidden @ w.out + w.out_bias
    steps[:, 0] += seen @ w.straight
    found = np.cumsum(np.concatenate([steps[:, :1], np.logaddexp(0, steps[:, 1:])], axis=1), axis=1)
    loss, down = _pinball(found, target[:, None], weight[:, None] / n)
    down = np.cumsum(down[:, ::-1], axis=1)[:, ::-1].copy()  # each step moves all quantiles above it
    down[:, 1:] /= 1 + np.exp(-steps[:, 1:])
    of_hidden = down @ w.out.T
    of_more = of_hidden * masks[1] * (more > 0)
    of_before = (of_hidden + of_more @ w.second.T) * masks[0] * (before > 0)
    return loss, Weights(
        seen.T @ of_before, of_before.sum(axis=0), first.T @ of_more, of_more.sum(axis=0),
        hidden.T @ down, down.sum(axis=0), seen.T @ down[:, 0],
    )  # fmt: skip


def _pinball(found: Array, target: Array, weight: Array) -> tuple[float, Array]:
    """Sum of the weighted losses, and the gradient by `found`."""
    apart = target - found
    slope = np.where(apart > 0, -_LEVELS, 1 - _LEVELS).astype(np.float32)
    ratio = np.exp(np.minimum(found, _HIGHEST))
    ratio_apart = np.exp(np.minimum(target, _HIGHEST)) - ratio
    loss = weight * -slope * (apart + ratio_apart) / len(_LEVELS)
    down = weight * slope * (1 + ratio * (found < _HIGHEST)) / len(_LEVELS)
    return float(loss.sum()), down.astype(np.float32)


def loss_of(w: Weights, some: Sequence[Examples]) -> float:
    """Mean over the sources of each one's mean loss."""
    means = []
    for one in some:
        weight = np.full((len(one.target), 1), 1 / len(one.target), np.float32)
        means.append(_pinball(quantiles(w, one.seen), one.target[:, None], weight)[0])
    return float(np.mean(means))
