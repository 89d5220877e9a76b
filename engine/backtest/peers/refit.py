"""Batch peers: fitted every few hours, carried forward to the origins in between by their own library."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np

from engine.backtest.model import Buckets, Floats, PeerForecast, Series
from engine.backtest.peers.steps import History, at_leads, history, steps_ahead, widened


class Ahead(NamedTuple):
    """float64 [steps] each: the point forecast and the bounds of the central 90 % by the library's own method."""

    point: Floats
    low: Floats
    high: Floats


class Fitted(Protocol):
    def ahead(self, values: Floats, steps: int, since: int) -> Ahead:
        """After `values` [k], which end `since` steps after those of the fit; parameters are not estimated anew."""


@dataclass(frozen=True, slots=True)
class BatchPeer:
    """`fit` estimates a model of the history [k]; `size` buckets a step, refits `every` so many buckets."""

    name: str
    fit: Callable[[Floats], Fitted]
    size: int = 6
    every: int = 72

    def forecast(self, series: Series, origins: Buckets, leads: Buckets) -> PeerForecast:
        """As `Peer.forecast`; where the library fails, the origin has no forecast (NaN)."""
        started = cpu_seconds()
        bounds = np.full((3, len(origins), len(leads)), np.nan)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._run(series, origins, leads, bounds)
        p05, p50, p95 = np.maximum(bounds, 0.0)
        return PeerForecast(p05=p05, p50=p50, p95=p95, mean=p50, cpu_seconds=cpu_seconds() - started)

    def _run(self, series: Series, origins: Buckets, leads: Buckets, out: Floats) -> None:
        fitted: Fitted | None = None
        fitted_at, scale = 0, 1.0
        for row, origin in enumerate(origins.tolist()):
            past = history(series, origin, self.size)
            if past is None:
                continue
            if fitted is None or origin - fitted_at >= self.every:
                fitted, fitted_at, scale = self._fit(past), origin, past.scale
            if fitted is not None:
                since = (origin - fitted_at) // self.size
                out[:, row] = self._ahead(fitted, rescaled(past, scale), leads, since) * scale

    def _fit(self, past: History) -> Fitted | None:
        try:
            return self.fit(past.value)
        except Exception:  # a library's refusal of a series is a result: counted as "cannot say"
            return None

    def _ahead(self, fitted: Fitted, past: History, leads: Buckets, since: int) -> Floats:
        """[3, leads]: p05, p50, p95."""
        try:
            ahead = fitted.ahead(past.value, steps_ahead(leads, self.size), since)
        except Exception:  # as above
            return np.full((3, len(leads)), np.nan)
        point, low, high = (at_leads(np.asarray(part, float), leads, self.size) for part in ahead)
        return np.stack([widened(point, low, past.noise), point, widened(point, high, past.noise)])


def rescaled(past: History, scale: float) -> History:
    """The same in units of another scale: a fitted model knows only that of its fit."""
    ratio = past.scale / scale
    return replace(past, value=past.value * ratio, noise=past.noise * ratio, scale=scale)


def cpu_seconds() -> float:
    """Of this process and of the children it has waited for: Prophet estimates in one."""
    children = os.times()
    return time.process_time() + children.children_user + children.children_system
