"""How wide the distribution is, from the evidence alone: linear quantile regressions pooled over many series.

Koenker & Bassett, "Regression quantiles", Econometrica 1978: weights that minimise the pinball loss over the series of
public traces whose crc32 of the name is even, each divided by its own scale, each source and each age (first two hours,
first day, later) with the same weight. They are shares of amounts: no unit, no source, no series enters. What they
miss of a series is tracked in `quantiles`.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.core.forecast.evidence import Evidence, at_leads
from engine.core.forecast.width_tables import ABOVE, BELOW, SHAPE
from engine.core.rows import Array

_TABLES: Final = (BELOW, ABOVE, SHAPE)


def widths(evidence: Evidence, leads: tuple[int, ...]) -> Array:
    """Distances of p05, p90, p95, p99 from p50: float32 [m, leads, 4], not negative."""
    below, above, shape = (at_leads(table[None], leads)[0] for table in _TABLES)
    seen = columns(evidence)
    p95, young = weighted(seen, above), 1 - evidence.age
    p90 = p95 * (shape[:, 0] * young + shape[:, 1] * evidence.age)
    p99 = p95 * (shape[:, 2] * young + shape[:, 3] * evidence.age)
    found: Array = np.stack([weighted(seen, below), p90, p95, p99], axis=-1)
    return found


def columns(evidence: Evidence) -> tuple[Array, ...]:
    """What is weighed: ten times float32 [m, leads]; the first five count while a series is young."""
    e, young = evidence, 1 - evidence.age
    return (
        *(part * young for part in (e.spread, e.away, e.step, e.jump, e.p50)),
        *(part * e.age for part in (e.spread, e.jump, e.away, e.error, e.part_error)),
    )


def weighted(columns: tuple[Array, ...], weights: Array) -> Array:
    """Sum of columns [m, n] by weights [n, columns], one after the other."""
    total: Array = columns[0] * weights[:, 0]
    for place, column in enumerate(columns[1:], start=1):
        total = total + column * weights[:, place]
    return total
