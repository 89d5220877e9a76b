"""HoltWinters and SNARIMAX of river: one model a series, each step learned once, no intervals of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from river import linear_model, optim, preprocessing
from river.time_series import SNARIMAX, HoltWinters

from engine.backtest.model import Buckets, Floats, PeerForecast, Series, points
from engine.backtest.peers.refit import cpu_seconds
from engine.backtest.peers.steps import DAY, at_leads, steps_ahead


@dataclass(frozen=True, slots=True)
class OnlinePeer:
    """`make` gives a new river forecaster; it sees one value a step of `size` buckets: over the first day's mean, and
    moved by `shift`, as a multiplicative season cannot hold zeros.
    """

    name: str
    make: Callable[[], Any]
    size: int = 6
    shift: float = 0.0

    def forecast(self, series: Series, origins: Buckets, leads: Buckets) -> PeerForecast:
        """As `Peer.forecast`. Learns from the series' first bucket on; speaks after a day."""
        started = cpu_seconds()
        point = np.full((len(origins), len(leads)), np.nan)
        model, scale, done = self.make(), np.nan, 0
        steps = steps_ahead(leads, self.size)
        values = step_means(series, self.size)
        phase = (series.first - 1) % self.size  # steps are aligned in absolute time
        for row, origin in enumerate(origins.tolist()):
            end = max(0, (origin - series.first + 1 + phase) // self.size)
            if end * self.size < DAY:
                continue
            if np.isnan(scale):
                scale = float(np.nanmean(values[:end])) or 1.0
            for value in values[done:end]:
                model.learn_one(float(value / scale) + self.shift)
            done = max(done, end)
            point[row] = (at_leads(_ahead(model, steps), leads, self.size) - self.shift) * scale
        return points(np.maximum(point, 0.0), cpu_seconds() - started)


def _ahead(model: Any, steps: int) -> Floats:
    try:
        said = np.asarray(model.forecast(horizon=steps), float)
    except (ArithmeticError, IndexError, ValueError):  # not enough seen, or diverged
        return np.full(steps, np.nan)
    return np.where(np.isfinite(said), said, np.nan)


def step_means(series: Series, size: int) -> Floats:
    """Means of absolute steps that hold the series, gaps with the value before (0 before the first)."""
    lead_in = (series.first - 1) % size
    count = -(-(len(series.mean) + lead_in) // size)
    padded = np.full(count * size, np.nan)
    padded[lead_in : lead_in + len(series.mean)] = series.mean
    known = ~np.isnan(padded).reshape(count, size)
    sums = np.where(known, padded.reshape(count, size), 0.0).sum(axis=1)
    last = np.maximum.accumulate(np.where(known.any(axis=1), np.arange(count), 0))
    means = sums / np.maximum(known.sum(axis=1), 1)
    return np.asarray(means[last], float)


def _holt_winters() -> OnlinePeer:
    def make() -> HoltWinters:
        return HoltWinters(alpha=0.1, beta=0.001, gamma=0.1, seasonality=DAY // 6, multiplicative=True)

    return OnlinePeer("holt-winters", make, shift=1.0)


def _snarimax() -> OnlinePeer:
    """Two lags and the same time of 7 days; absolute loss and Adam, as plain SGD diverges on bursts."""

    def make() -> SNARIMAX:
        linear = linear_model.LinearRegression(optimizer=optim.Adam(0.001), loss=optim.losses.Absolute())
        return SNARIMAX(p=2, d=0, q=0, m=DAY // 6, sp=7, regressor=preprocessing.StandardScaler() | linear)

    return OnlinePeer("snarimax", make)


MAKERS = {"holt-winters": _holt_winters, "snarimax": _snarimax}
