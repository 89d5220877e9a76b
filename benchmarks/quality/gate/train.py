"""Trains the gate on the even half of the series, by Adam (Kingma & Ba, "Adam", ICLR 2015) on random batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.quality.gate.collect import Examples, joined, taken
from benchmarks.quality.gate.network import Batch, Network, forecast, gradient
from engine.core.forecast.mixture import Heard, features
from engine.core.rows import Array

BATCH: Final = 1536
RATE, WARM_UP, WEIGHT_DECAY = 4e-3, 50, 3e-5
_SMALLEST: Final = 2e-3
"""Usual errors below this share of the amounts weigh no more than it."""


@dataclass(frozen=True, slots=True)
class Pool:
    """All examples in one: `heard` [n], actual and scale [n, leads]; `weight` [n x leads] of being drawn, sum 1."""

    heard: Heard
    actual: Array
    scale: Array
    weight: Array


def pool(some: Sequence[Examples]) -> Pool:
    """The square root of a source's number of series is its weight; its series have equal weights."""
    counts: dict[str, set[str]] = {}
    for one in some:
        counts.setdefault(one.source, set()).add(one.series_id)
    per_source = {name: sum(one.source == name for one in some) for name in counts}
    scales, weights = [], []
    for one in some:
        scale, known = usual_error(one), ~np.isnan(one.actual)
        share = np.sqrt(len(counts[one.source])) / per_source[one.source]
        scales.append(np.broadcast_to(scale, one.actual.shape))
        weights.append(one.weight[:, None] * known * (scale > 0) * share)
    weight = np.concatenate(weights).reshape(-1)
    heard = joined([one.heard for one in some])
    return Pool(heard, np.concatenate([one.actual for one in some]), np.concatenate(scales), weight / weight.sum())


def usual_error(one: Examples) -> Array:
    """Mean absolute error of the experts' plain median, by lead [leads]; not below a share of the amounts."""
    middle = np.nanmedian(one.heard.predictions, axis=2)
    error = _mean(np.abs(middle - one.actual))
    amount = _mean(np.abs(one.actual))
    scale: Array = np.maximum(error, _SMALLEST * amount)
    return scale


def _mean(values: Array) -> Array:
    """Along the first axis, of what is known; 0 without any."""
    known = ~np.isnan(values)
    mean: Array = np.where(known, values, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return mean


def batch_of(pool: Pool, place: Array) -> Batch:
    """place: int [n] of the flattened (origin, lead) pairs."""
    origin, lead = np.divmod(place, len(pool.heard.leads))
    some = taken(pool.heard, origin)
    at = np.arange(len(origin)), lead
    of_expert, of_all, excess = (each[at].astype(np.float64) for each in features(some))
    said = some.predictions[at].astype(np.float64)
    return Batch(of_expert, of_all, excess, said, pool.actual[origin, lead], pool.scale[origin, lead])


def train(pool: Pool, hidden: int, steps: int, seed: int) -> Network:
    """`hidden` units; the same seed gives the same network."""
    rng = np.random.default_rng(seed)
    sample = batch_of(pool, np.zeros(1, np.int64))
    sizes = (sample.said.shape[1], sample.of_expert.shape[2], sample.of_all.shape[1])
    network = Network.random(*sizes, hidden, seed)
    first = [np.zeros_like(array) for array in network.arrays()]
    second = [np.zeros_like(array) for array in network.arrays()]
    edges = np.cumsum(pool.weight)
    for step in range(1, steps + 1):
        place = np.searchsorted(edges, rng.random(BATCH) * edges[-1])
        _, slopes = gradient(network, batch_of(pool, place))
        rate = RATE * min(1, step / WARM_UP) * (0.5 + 0.5 * np.cos(np.pi * step / steps))
        for place, array in enumerate(network.arrays()):
            slope = slopes[place] + (2 * WEIGHT_DECAY * array if array.size > 1 else 0)
            first[place] += 0.1 * (slope - first[place])
            second[place] += 0.001 * (slope**2 - second[place])
            scale = np.sqrt(second[place] / (1 - 0.999**step)) + 1e-8
            array[...] -= rate * first[place] / (1 - 0.9**step) / scale
    return network


def forecasts(network: Network, one: Examples) -> Array:
    """[origins, leads]."""
    alone = Pool(one.heard, one.actual, np.ones_like(one.actual), np.ones(one.actual.size))
    return forecast(network, batch_of(alone, np.arange(one.actual.size))).reshape(one.actual.shape)
