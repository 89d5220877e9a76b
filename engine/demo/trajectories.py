"""What a run looked like, container by container and bucket by bucket: arrays for tables and plots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core.forecast import LEADS
from engine.core.forecast.state import HOUR
from engine.core.rows import Array

LEAD_4H: Final = LEADS.index(48)
LEAD_2H: Final = LEADS.index(24)
QUANTILES: Final = ("p05", "p50", "p95")
P05, P50, P95 = range(len(QUANTILES))


@dataclass(slots=True)
class Trajectories:
    """n containers over b buckets, named by their ends `first`, `first + 1`, … in units of 300 s; NaN is "no value".

    mean, peak: usage [n, b, 2]; request, limit: believed sizes of one replica [n, b, 2]. All float32.
    quantiles: forecasts [n, h, 2, leads, quantiles] made on the hour, at `origins`.
    The resource axis is CPU in cores, memory in bytes.
    """

    containers: list[str]
    first: int
    mean: Array
    peak: Array
    request: Array
    limit: Array
    quantiles: Array

    @classmethod
    def empty(cls, containers: list[str], first: int, last: int) -> Trajectories:
        """Without values, for the buckets from `first` to `last`, both included."""
        shape = (len(containers), last - first + 1, 2)
        hours = max(0, last // HOUR - _next_origin(first) // HOUR + 1)
        mean, peak, request, limit = (np.full(shape, np.nan, np.float32) for _ in range(4))
        quantiles = np.full((len(containers), hours, 2, len(LEADS), len(QUANTILES)), np.nan, np.float32)
        return cls(containers, first, mean, peak, request, limit, quantiles)

    @property
    def buckets(self) -> Array:
        """Names of the buckets [b]."""
        return np.arange(self.first, self.first + self.mean.shape[1])

    @property
    def origins(self) -> Array:
        """Buckets at which the forecasts were made [h]."""
        return _next_origin(self.first) + HOUR * np.arange(self.quantiles.shape[1])

    def hour_of(self, origin: int) -> int:
        """Position on the axis h of the forecasts made at a bucket."""
        return (origin - _next_origin(self.first)) // HOUR

    def at_targets(self, lead: int) -> tuple[Array, Array, Array]:
        """Forecasts beside what came: (quantiles [n, h, 2, 3], actual [n, h, 2], last value known [n, h, 2]).

        `lead` is an index into LEADS. Where the target lies after the end, the actual is NaN.
        """
        now = self.origins - self.first
        return self.quantiles[:, :, :, lead], self._mean_at(now + LEADS[lead]), self._mean_at(now)

    def _mean_at(self, position: Array) -> Array:
        inside = position < self.mean.shape[1]
        found: Array = self.mean[:, np.where(inside, position, 0)]
        found[:, ~inside] = np.nan
        return found


def _next_origin(bucket: int) -> int:
    return -(-bucket // HOUR) * HOUR
