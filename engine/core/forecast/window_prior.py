"""How far above the highest median the next hours' maximum lies, from the evidence alone; as `quantile_prior`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core.forecast.evidence import TRUSTED_AFTER, Evidence
from engine.core.rows import Array

_P95: Final = np.array(
    (
        (3.518, 0.724, 3.211, 1.703, 0.0, 0.116, 0.0, 0.145, 0.778, 0.134, 2.018, 0.006, 0.0),
        (2.926, 2.333, 8.776, 0.125, 0.0, 0.196, 0.0, 0.0, 0.0, 0.05, 2.524, 0.028, 0.0),
        (0.734, 8.199, 6.648, 0.0, 0.0, 0.349, 0.0, 0.0, 0.0, 0.0, 2.562, 0.0, 0.104),
    ),
    np.float32,
)
"""Weights of p95, a row per window: young last hour, last hours (above the median), spread, away, step, median; old
last hour, last hours, spread, away, excess, part's excess, error."""
_SHAPE: Final = np.array(
    (
        ((0.145, 0.253), (0.532, 0.679), (1.0, 1.0), (4.56, 2.066)),
        ((0.137, 0.239), (0.565, 0.686), (1.0, 1.0), (6.941, 2.094)),
        ((0.097, 0.231), (0.476, 0.654), (1.0, 1.0), (5.656, 2.439)),
    ),
    np.float32,
)
"""p50, p90, p95 and p99 in multiples of p95, each young and old."""


@dataclass(frozen=True, slots=True)
class Lately:
    """What is known of a series' maxima, float32 [m]."""

    median: Array  # highest of the window's medians
    last_hour: Array  # highest sample
    last_hours: Array  # the same of three hours
    excess: Array  # how far maxima usually were above the highest median
    ratio: Array  # of errors in the part of the day at which the window ends


def widths(evidence: Evidence, lead: int, lately: Lately, scored: Array, window: int) -> Array:
    """Distances of p50, p90, p95, p99 of the maximum from the highest median: float32 [m, 4].

    evidence is taken at LEADS[lead]; scored: maxima of this window seen [m].
    """
    last_hour = np.maximum(lately.last_hour - lately.median, np.float32(0))
    last_hours = np.maximum(lately.last_hours - lately.median, np.float32(0))
    spread, away, step = evidence.spread[:, lead], evidence.away[:, lead], evidence.step[:, lead]
    young = (last_hour, last_hours, spread, away, step, lately.median)
    old = (last_hour, last_hours, spread, away, lately.excess, lately.excess * lately.ratio, evidence.error[:, lead])
    count = scored.astype(np.float32)
    age = count / (count + np.float32(TRUSTED_AFTER))
    p95: Array = _sum(young, _P95[window, :6]) * (1 - age) + _sum(old, _P95[window, 6:]) * age
    shape = _SHAPE[window, :, 0] * (1 - age)[:, None] + _SHAPE[window, :, 1] * age[:, None]
    found: Array = p95[:, None] * shape
    return found


def _sum(terms: tuple[Array, ...], weights: Array) -> Array:
    total: Array = terms[0] * weights[0]
    for term, weight in zip(terms[1:], weights[1:], strict=True):
        total = total + term * weight
    return total
