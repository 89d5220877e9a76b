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
from engine.core.rows import Array

_BELOW: Final = (
    (0.072, 0.915, 0.293, 0.443, 0.027, 0.656, 0.283, 0.617, 0.08, 0.411),
    (0.0, 1.101, 0.323, 0.325, 0.032, 1.044, 0.21, 0.466, 0.07, 0.634),
    (0.439, 1.142, 0.387, 0.169, 0.056, 1.799, 0.093, 0.032, 0.177, 0.662),
    (1.0, 0.628, 0.552, 0.0, 0.105, 1.758, 0.109, 0.037, 0.3, 0.483),
    (2.032, 0.322, 0.526, 0.0, 0.161, 1.315, 0.072, 0.118, 0.447, 0.406),
)
"""Weights of p50 - p05, a row per lead: young spread, away, step, jump, p50; old spread, jump, away, error, part's."""
_ABOVE: Final = (
    (1.854, 1.203, 1.344, 0.227, 0.001, 1.061, 0.441, 0.29, 0.673, 0.523),
    (0.0, 2.271, 1.462, 0.0, 0.003, 1.396, 0.444, 0.152, 0.73, 0.384),
    (0.0, 4.449, 0.883, 0.0, 0.001, 2.107, 0.274, 0.0, 1.13, 0.169),
    (0.0, 5.044, 0.692, 0.0, 0.006, 1.828, 0.172, 0.0, 1.34, 0.309),
    (0.0, 0.003, 7.553, 0.0, 0.03, 1.629, 0.087, 0.027, 1.762, 0.0),
)
"""The same of p95 - p50."""
_SHAPE: Final = (
    (0.595, 0.736, 3.436, 2.083),
    (0.526, 0.695, 4.24, 2.149),
    (0.489, 0.657, 2.745, 2.625),
    (0.512, 0.644, 4.643, 2.393),
    (0.477, 0.619, 5.556, 2.186),
)
"""p90 and p99 in multiples of p95, each young and old: tails are heavier while little is known."""
_TABLE: Final = np.concatenate([np.array(table, np.float32) for table in (_BELOW, _ABOVE, _SHAPE)], axis=1)[None]


def widths(evidence: Evidence, leads: tuple[int, ...]) -> Array:
    """Distances of p05, p90, p95, p99 from p50: float32 [m, leads, 4], not negative."""
    below, above, shape = (at_leads(np.array(table, np.float32)[None], leads)[0] for table in (_BELOW, _ABOVE, _SHAPE))
    p95 = weighted(evidence, above)
    young = 1 - evidence.age
    p90 = p95 * (shape[:, 0] * young + shape[:, 1] * evidence.age)
    p99 = p95 * (shape[:, 2] * young + shape[:, 3] * evidence.age)
    found: Array = np.stack([weighted(evidence, below), p90, p95, p99], axis=-1)
    return found


def weighted(evidence: Evidence, weights: Array) -> Array:
    """Sum of the evidence by weights [leads, 10]; the first five count while a series is young."""
    e = evidence
    young = _sum((e.spread, e.away, e.step, e.jump, e.p50), weights)
    old = _sum((e.spread, e.jump, e.away, e.error, e.part_error), weights[:, 5:])
    width: Array = young * (1 - e.age) + old * e.age
    return width


def _sum(terms: tuple[Array, ...], weights: Array) -> Array:
    total = terms[0] * weights[:, 0]
    for k in range(1, len(terms)):
        total = total + terms[k] * weights[:, k]
    return total
