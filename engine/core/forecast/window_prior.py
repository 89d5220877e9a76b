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
    """What is known of a series' maxima: float32 [m, windows]."""

    median: Array  # highest of the window's medians
    last_hour: Array  # highest sample; [m, 1]
    last_hours: Array  # the same of three hours; [m, 1]
    excess: Array  # how far maxima usually were above the highest median
    ratio: Array  # of errors in the part of the day at which the window ends
    scored: Array  # maxima seen, count


def widths(evidence: Evidence, leads: slice, lately: Lately) -> Array:
    """Distances of p50, p90, p95, p99 of the maximum from the highest median: float32 [m, windows, 4].

    leads: those of the evidence at which the windows end.
    """
    last_hour = np.maximum(lately.last_hour - lately.median, np.float32(0))
    last_hours = np.maximum(lately.last_hours - lately.median, np.float32(0))
    spread, away, step = evidence.spread[:, leads], evidence.away[:, leads], evidence.step[:, leads]
    young = (last_hour, last_hours, spread, away, step, lately.median)
    part_excess = lately.excess * lately.ratio
    old = (last_hour, last_hours, spread, away, lately.excess, part_excess, evidence.error[:, leads])
    age = lately.scored / (lately.scored + np.float32(TRUSTED_AFTER))
    p95 = _sum(young, _P95[:, :6]) * (1 - age) + _sum(old, _P95[:, 6:]) * age
    shape = _SHAPE[..., 0] + (_SHAPE[..., 1] - _SHAPE[..., 0]) * age[..., None]
    found: Array = p95[..., None] * shape
    return found


def _sum(terms: tuple[Array, ...], weights: Array) -> Array:
    total: Array = terms[0] * weights[:, 0]
    for k in range(1, len(terms)):
        total = total + terms[k] * weights[:, k]
    return total
