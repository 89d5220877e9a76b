"""What a forecaster is to the backtest: a causal function of one series, run from many origins at once.

Buckets are 5 minutes and named by their end: bucket `b` holds [b·300 s - 300 s, b·300 s). A lead counts buckets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Buckets = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Series:
    """One resource of one series: `mean` float64 [k], the 5-minute means from bucket `first` on, NaN = missing."""

    series_id: str
    resource: str
    first: int
    mean: Floats


@dataclass(frozen=True, slots=True)
class PeerForecast:
    """Float64 [origins, leads] each, in the units of the series; NaN = cannot say. `cpu_seconds` it took in all.

    A forecaster of points leaves p05 and p95 NaN.
    """

    p05: Floats
    p50: Floats
    p95: Floats
    mean: Floats
    cpu_seconds: float


class Peer(Protocol):
    """A forecaster to compare with. Each instance may keep what it learned offline, but no state between series."""

    @property
    def name(self) -> str:
        """Such as `auto-ets`."""

    def forecast(self, series: Series, origins: Buckets, leads: Buckets) -> PeerForecast:
        """Forecasts of the buckets `origins[:, None] + leads` (both int64, ascending).

        Causal: for an origin `o` only `series.mean[: o - series.first + 1]` may be used.
        """


def points(point: Floats, cpu_seconds: float) -> PeerForecast:
    """A forecast without a distribution: float64 [origins, leads]."""
    unknown = np.full(point.shape, np.nan)
    return PeerForecast(p05=unknown, p50=point, p95=unknown, mean=point, cpu_seconds=cpu_seconds)
