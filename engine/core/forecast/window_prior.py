"""How far above the highest median the next hours' maximum lies, from the evidence alone; as `quantile_prior`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.core.forecast.evidence import TRUSTED_AFTER, Evidence
from engine.core.forecast.quantile_prior import weighted
from engine.core.forecast.width_tables import WINDOW, WINDOW_SHAPE
from engine.core.rows import Array


@dataclass(frozen=True, slots=True)
class Lately:
    """What is known of a series' maxima: float32 [m, windows]."""

    median: Array  # highest of the window's medians
    last_hour: Array  # highest sample; [m, 1]
    last_hours: Array  # the same of three hours; [m, 1]
    excess: Array  # how far maxima usually were above the highest median
    ratio: Array  # of errors in the part of the day at which the window ends
    scored: Array  # maxima seen, count


def width(evidence: Evidence, leads: slice, lately: Lately) -> Array:
    """Distance of p95 of the maximum from the highest median: float32 [m, windows].

    leads: those of the evidence at which the windows end.
    """
    return weighted(columns(evidence, leads, lately), WINDOW)


def columns(evidence: Evidence, leads: slice, lately: Lately) -> tuple[Array, ...]:
    """What is weighed: thirteen times float32 [m, windows]; the first six count while a series is young."""
    last_hour = np.maximum(lately.last_hour - lately.median, np.float32(0))
    last_hours = np.maximum(lately.last_hours - lately.median, np.float32(0))
    spread, away, step = evidence.spread[:, leads], evidence.away[:, leads], evidence.step[:, leads]
    part_excess, age = lately.excess * lately.ratio, age_of(lately.scored)
    young = (last_hour, last_hours, spread, away, step, lately.median)
    old = (last_hour, last_hours, spread, away, lately.excess, part_excess, evidence.error[:, leads])
    return *(part * (1 - age) for part in young), *(part * age for part in old)


def shape(scored: Array) -> Array:
    """Widths of p50, p90, p95, p99 in multiples of p95's after so many maxima: float32 [m, windows, 4]."""
    young, old = WINDOW_SHAPE[..., 0], WINDOW_SHAPE[..., 1]
    found: Array = young + (old - young) * age_of(scored)[..., None]
    return found


def age_of(scored: Array) -> Array:
    """0 without a maximum scored, tends to 1."""
    count = scored.astype(np.float32)
    age: Array = count / (count + np.float32(TRUSTED_AFTER))
    return age
