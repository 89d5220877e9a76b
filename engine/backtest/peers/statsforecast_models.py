"""AutoETS, MSTL and AutoTheta of statsforecast: refit every 6 h, carried forward each hour by their `forward`.

Seasons of 288 and 2,016 buckets are out of reach for exponential smoothing, so they see hours, which did better than
half-hours. MSTL has robust STL, which did better than the plain one, and the daily season alone: where it was tried, a
weekly one was worse with two weeks of history, and no better with four, at many times the cost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from statsforecast.models import MSTL, AutoETS, AutoTheta

from engine.backtest.model import Floats
from engine.backtest.peers.refit import Ahead, BatchPeer, Fitted
from engine.backtest.peers.steps import DAY

HOUR = 12  # buckets
HOURS = DAY // HOUR
LEVEL = 90  # the central 90 %: its bounds are p05 and p95


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A fitted model; `forward` applies its parameters to the newer values."""

    model: Any

    def ahead(self, values: Floats, steps: int, since: int) -> Ahead:
        said = self.model.forward(values, h=steps, level=[LEVEL])
        return Ahead(said["mean"], said[f"lo-{LEVEL}"], said[f"hi-{LEVEL}"])


def fitted(make: Callable[[], Any]) -> Callable[[Floats], Fitted]:
    return lambda values: Forwarded(make().fit(values))


def _auto_ets() -> BatchPeer:
    return BatchPeer("auto-ets", fitted(lambda: AutoETS(season_length=HOURS)), size=HOUR)


def _mstl() -> BatchPeer:
    def make() -> Any:
        return MSTL([HOURS], trend_forecaster=AutoETS(model="ZZN"), stl_kwargs={"robust": True})

    return BatchPeer("mstl", fitted(make), size=HOUR)


def _auto_theta() -> BatchPeer:
    return BatchPeer("auto-theta", fitted(lambda: AutoTheta(season_length=HOURS)), size=HOUR)


MAKERS = {"auto-ets": _auto_ets, "mstl": _mstl, "auto-theta": _auto_theta}
