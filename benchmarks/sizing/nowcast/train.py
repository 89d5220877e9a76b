"""Trains a network, by Adam (Kingma & Ba, "Adam", ICLR 2015) with decoupled weight decay on random batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from benchmarks.sizing.nowcast.collect import Examples
from benchmarks.sizing.nowcast.network import gradient, random
from engine.core.nowcast.network import Weights
from engine.core.rows import Array

BATCH: Final = 4096
RATE, WARM_UP, WEIGHT_DECAY = 3e-3, 200, 0.05
MOST: Final = 400_000
"""Examples of one source; of more, so many are drawn."""
_FIRST, _SECOND, _SMALL = 0.9, 0.999, 1e-8


def pool(some: Sequence[Examples], rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Features, targets and weights of all; a source weighs as the square root of its examples."""
    seen, target, weight = [], [], []
    for one in some:
        count = len(one.target)
        take = rng.choice(count, MOST, replace=False) if count > MOST else np.arange(count)
        seen.append(one.seen[take])
        target.append(one.target[take])
        weight.append(np.full(len(take), max(len(take), 1) ** -0.5, np.float32))
    weights = np.concatenate(weight)
    return np.concatenate(seen), np.concatenate(target), weights / weights.mean()


def train(
    some: Sequence[Examples], units: int, steps: int, dropped: float, seed: int, advance: Callable[[], None]
) -> Weights:
    """The same seed gives the same network, on one machine."""
    rng = np.random.default_rng(seed)
    seen, target, weight = pool(some, rng)
    network = list(random(units, rng))
    first, second = [np.zeros_like(a) for a in network], [np.zeros_like(a) for a in network]
    for step in range(1, steps + 1):
        take = rng.integers(0, len(seen), BATCH)
        _, slopes = gradient(Weights(*network), seen[take], target[take], weight[take], dropped, rng)
        rate = RATE * min(1, step / WARM_UP) * 0.5 * (1 + np.cos(np.pi * step / steps))
        for k, slope in enumerate(slopes):
            first[k] += (1 - _FIRST) * (slope - first[k])
            second[k] += (1 - _SECOND) * (slope * slope - second[k])
            move = first[k] / (1 - _FIRST**step) / (np.sqrt(second[k] / (1 - _SECOND**step)) + _SMALL)
            decay = WEIGHT_DECAY if network[k].ndim == 2 or k == len(network) - 1 else 0.0
            network[k] = (network[k] * (1 - rate * decay) - rate * move).astype(np.float32)
        advance()
    return Weights(*network)
