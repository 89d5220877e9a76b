"""Series for the tests of the forecast, and a way to feed them."""

from __future__ import annotations

from functools import cache

import numpy as np

from engine.core.forecast import ForecastRows, observe
from engine.core.rows import Array

DAY = 288
START = 2016 * 10
"""A first bucket, on a whole week."""


def feed(rows: ForecastRows, first: int, values: Array) -> ForecastRows:
    """Observes values [buckets, rows, 2] from bucket `first` on; returns the table for convenience."""
    for step, mean in enumerate(values):
        observe(rows, first + step, mean, mean)
    return rows


def copied(rows: ForecastRows) -> ForecastRows:
    return ForecastRows(**{name: a.copy() for name, a in rows.arrays().items()})


def fed(values: Array, first: int = START) -> ForecastRows:
    return feed(ForecastRows.empty(values.shape[1]), first, values)


def usage(seed: int, buckets: int, rows: int, missing: float = 0.0) -> Array:
    """Seeded daily patterns with noise, cores and bytes: float64 [buckets, rows, 2], some of it missing."""
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 2 * np.pi, (rows, 2))
    day = 1 + 0.5 * np.sin(2 * np.pi * np.arange(buckets)[:, None, None] / DAY + phase)
    values: Array = day * np.exp(0.2 * rng.standard_normal((buckets, rows, 2))) * np.array([0.7, 3e8])
    values[rng.random(values.shape) < missing] = np.nan
    return values


@cache
def grown_up() -> ForecastRows:
    """Six containers after eight days: every expert can speak. Copy before feeding it."""
    return fed(usage(1, 8 * DAY, 6, missing=0.02))


LATER = START + 8 * DAY
"""The bucket after `grown_up`."""


def same(one: ForecastRows, other: ForecastRows) -> bool:
    """Bit for bit."""
    pairs = zip(one.arrays().values(), other.arrays().values(), strict=True)
    return all(a.tobytes() == b.tobytes() for a, b in pairs)
