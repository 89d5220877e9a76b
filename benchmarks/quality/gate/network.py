"""The gate's network and its gradient, in numpy: what `engine.core.forecast.gate` computes, to be trained.

The loss is the absolute error of the trimmed weighted mean of the experts over the series' usual error. The trimmed
mean is piecewise linear in the weights, so its gradient is exact but for the places where an expert is cut.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from engine.core.forecast.mixture import TRIMMED
from engine.core.rows import Array

_LOW, _HIGH = float(TRIMMED), 1 - float(TRIMMED)


@dataclass(slots=True)
class Network:
    """By the names of `gate_prior`.

    feature, context: [5, hidden]. embedding: [experts, hidden]. out: [hidden]. expert: [experts]. record: [1].
    """

    feature: Array
    context: Array
    embedding: Array
    out: Array
    expert: Array
    record: Array

    @classmethod
    def random(cls, experts: int, features: int, contexts: int, hidden: int, seed: int) -> Network:
        rng = np.random.default_rng(seed)
        sizes = ((features, 0.3), (contexts, 0.3), (experts, 0.3))
        feature, context, embedding = (rng.normal(0, scale, (size, hidden)) for size, scale in sizes)
        return cls(feature, context, embedding, rng.normal(0, 0.05, hidden), np.zeros(experts), np.array([4.0]))

    @classmethod
    def records_alone(cls, like: Network, sharpness: float) -> Network:
        """Of the same sizes, weighing by nothing but the records."""
        alone = cls(*map(np.zeros_like, like.arrays()))
        alone.record[:] = sharpness
        return alone

    def arrays(self) -> list[Array]:
        return [getattr(self, each.name) for each in fields(self)]


@dataclass(frozen=True, slots=True)
class Batch:
    """float64: of_expert [n, experts, 5], of_all [n, 5], excess [n, experts], said [n, experts] (NaN = abstains),
    actual [n], scale [n]."""

    of_expert: Array
    of_all: Array
    excess: Array
    said: Array
    actual: Array
    scale: Array


def forecast(network: Network, batch: Batch) -> Array:
    """[n]."""
    weight = _weights(_scores(network, batch, _hidden(network, batch)), batch.said)
    return _trimmed(*_sorted(batch.said, weight))[0]


def gradient(network: Network, batch: Batch) -> tuple[float, list[Array]]:
    """Mean loss, and its gradient by `Network.arrays`."""
    hidden = _hidden(network, batch)
    active = np.maximum(hidden, 0)
    weight = _weights(_scores(network, batch, hidden), batch.said)
    order = np.argsort(batch.said, axis=1)
    values, ranked = _sorted(batch.said, weight)
    found, by_rank = _trimmed(values, ranked)
    off = (found - batch.actual) / batch.scale
    by_weight = np.empty_like(weight)
    np.put_along_axis(by_weight, order, by_rank, axis=1)
    by_weight *= (np.sign(off) / batch.scale / len(off))[:, None]
    by_score = weight * (by_weight - (by_weight * weight).sum(axis=1, keepdims=True))
    by_hidden = by_score[..., None] * network.out * (hidden > 0)
    return float(np.abs(off).mean()), [
        np.einsum("nef,neh->fh", batch.of_expert, by_hidden, optimize=True),
        batch.of_all.T @ by_hidden.sum(axis=1),
        by_hidden.sum(axis=0),
        np.einsum("ne,neh->h", by_score, active, optimize=True),
        by_score.sum(axis=0),
        -(by_score * batch.excess).sum(keepdims=True).reshape(1),
    ]


def _hidden(network: Network, batch: Batch) -> Array:
    common = batch.of_all @ network.context
    hidden: Array = batch.of_expert @ network.feature + network.embedding + common[:, None]
    return hidden


def _scores(network: Network, batch: Batch, hidden: Array) -> Array:
    scores: Array = np.maximum(hidden, 0) @ network.out + network.expert - network.record * batch.excess
    return scores


def _weights(scores: Array, said: Array) -> Array:
    heard = np.where(np.isnan(said), -np.inf, scores)
    weight = np.exp(heard - heard.max(axis=1, keepdims=True))
    shares: Array = weight / weight.sum(axis=1, keepdims=True)
    return shares


def _sorted(said: Array, weight: Array) -> tuple[Array, Array]:
    order = np.argsort(said, axis=1)  # NaN comes last, with no weight
    values = np.take_along_axis(said, order, axis=1)
    return np.nan_to_num(values), np.take_along_axis(weight, order, axis=1)


def _trimmed(values: Array, ranked: Array) -> tuple[Array, Array]:
    """Trimmed means [n], and their derivatives by the weights [n, experts], which sum to 1."""
    reached = np.cumsum(ranked, axis=1)
    kept = np.clip(reached, _LOW, _HIGH) - np.clip(reached - ranked, _LOW, _HIGH)
    found = (kept * values).sum(axis=1) / (_HIGH - _LOW)
    inside = (reached > _LOW) & (reached < _HIGH)
    steps = np.where(inside, values - np.append(values[:, 1:], values[:, -1:], axis=1), 0) / (_HIGH - _LOW)
    derivative: Array = np.cumsum(steps[:, ::-1], axis=1)[:, ::-1]
    return found, derivative
