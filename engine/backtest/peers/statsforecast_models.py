"""AutoETS, MSTL and AutoTheta of statsforecast: refit every 6 h, carried forward each hour by their `forward`.

Seasons of 288 and 2,016 buckets are out of reach for exponential smoothing, so they see longer steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from statsforecast.models import MSTL, AutoETS, AutoTheta

from engine.backtest.model import Floats
from engine.backtest.peers.refit import Ahead, BatchPeer, Fitted
from engine.backtest.peers.steps import DAY

LEVEL = 90  # the central 90 %: its bounds are p05 and p95


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A fitted model; `forward` applies its parameters to the newer values."""

    model: Any

    def ahead(self, values: Floats, steps: int, since: int) -> Ahead:
        said = self.model.forward(values, h=steps, level=[LEVEL])
        return Ahead(said["mean"], said[f"lo-{LEVEL}"], said[f"hi-{LEVEL}"])


def fitted(make: Callable[[int], Any]) -> Callable[[Floats], Fitted]:
    """`make` is given the number of values."""
    return lambda values: Forwarded(make(len(values)).fit(values))


def _auto_ets() -> BatchPeer:
    season = DAY // 12
    return BatchPeer("auto-ets", fitted(lambda count: AutoETS(season_length=season)), size=12)


def _mstl() -> BatchPeer:
    day = DAY // 6
    return BatchPeer("mstl", fitted(lambda count: MSTL([day], trend_forecaster=AutoETS(model="ZZN"))))


def _auto_theta() -> BatchPeer:
    season = DAY // 6
    return BatchPeer("auto-theta", fitted(lambda count: AutoTheta(season_length=season)))


MAKERS = {"auto-ets": _auto_ets, "mstl": _mstl, "auto-theta": _auto_theta}
