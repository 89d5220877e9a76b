"""The distribution around the median: how wide it usually is, corrected by what the series itself shows.

    quantile = p50 ± width(evidence) x exp(margin of the series at that lead and level + margin of the part of the day)

The widths are pooled (`quantile_prior`), which serves a series from its third bucket on. The margins are tracked: a
miss widens one, a hit narrows it, in proportion to the stated share of misses, so that in the long run that share is
met whatever the data do. This is quantile tracking with a scale that is known beforehand (Angelopoulos, Candès &
Tibshirani, "Conformal PID control for time series prediction", NeurIPS 2023), with steps that shrink while a series is
young (Angelopoulos, Barber & Bates, "Online conformal prediction with decaying step sizes", ICML 2024), in logarithms
so that widths stay positive; it grew from adaptive conformal inference (Gibbs & Candès, "Adaptive conformal inference
under distribution shift", NeurIPS 2021). Levels are tracked one by one and sorted when they are issued.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core.forecast.compact import decode, encode
from engine.core.forecast.evidence import at_leads
from engine.core.forecast.state import ONE
from engine.core.rows import Array

LEVELS: Final = (0.05, 0.9, 0.95, 0.99)
"""Levels that are tracked, besides the median; margins and widths are in this order."""
MISSES: Final = (0.05, 0.1, 0.05, 0.01)
"""Stated shares of actuals below p05, and above the others."""
P95: Final = 3
"""Position of p95 among what `issue` gives."""
_STEP, _FIRST_STEPS, _DECAY = 0.1, 0.5, 0.6
_PART_STEP: Final = 0.03
_PART_BOUND: Final = 1.5
_RATIO_STEP: Final = 0.03
_RATIO_BOUND: Final = 5.0
_RATIO_AFTER: Final = 3
"""Forecasts scored before errors are compared with the usual one."""
_NARROWEST: Final = np.float32(2.0**-10)
"""Of the median: amounts are remembered that well."""
_MEAN: Final = np.float32(0.0925)
_STEPS: Final = (_STEP + _FIRST_STEPS / (np.arange(512) + 6.0) ** _DECAY).astype(np.float32)
"""Step after so many scored forecasts: .27 at first, a third of that after half a day, .11 after two weeks."""
_FACTORS: Final = np.exp(np.arange(-(1 << 15), 1 << 15) / ONE).astype(np.float32)
"""exp of all margins: looked up, so that it is the same to the bit wherever in an array a row lies."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What is tracked of a series at one lead, and in the part of the day in which the target lies."""

    margins: Array  # int16 [m, 4], by LEVELS: logarithms of factors
    part_margins: Array  # int16 [m, 2]: below and above the median
    part_ratio: Array  # uint16 [m]: errors in this part of the day, in usual errors


def calibrated(widths: Array, margins: Array, part_margins: Array, leads: tuple[int, ...]) -> Array:
    """The widths to issue: uint16 in the code of `compact`, [m, leads, 4].

    widths: float32 [m, leads, 4] of `quantile_prior`. margins: int16 [m, LEADS, 4]. part_margins: int16
    [m, leads, 2], of the parts of the day in which the targets lie.
    """
    margin = np.rint(at_leads(margins.astype(np.float32), leads)) + part_margins[:, :, [0, 1, 1, 1]]
    return encode(widths * factor(margin))


def factor(margin: Array) -> Array:
    """exp of margins of any shape."""
    found: Array = _FACTORS.take(np.clip(margin, -(1 << 15), (1 << 15) - 1).astype(np.int64) + (1 << 15))
    return found


def issue(p50: Array, codes: Array) -> Array:
    """p05, p50, p90, p95, p99, mean: float32 [..., 6] from p50 [...] and widths [..., 4]; ordered, not negative.

    The mean is half-way from the median to Pearson and Tukey's three-point mean (Keefer & Bodily, "Three-point
    approximations for continuous random variables", Management Science 1983), whose tails are too heavy here.
    """
    width = np.maximum(decode(codes), (p50 * _NARROWEST)[..., None])
    p05 = np.maximum(p50 - width[..., 0], np.float32(0))
    p90 = p50 + width[..., 1]
    p95 = np.maximum(p90, p50 + width[..., 2])
    p99 = np.maximum(p95, p50 + width[..., 3])
    mean = p50 + ((p05 - p50) + (p95 - p50)) * _MEAN
    return np.stack([p05, p50, p90, p95, p99, mean], axis=-1)


def ratio(part_ratio: Array) -> Array:
    """float32 of fixed-point ratios."""
    return part_ratio.astype(np.float32) / np.float32(ONE)


def learn(known: Calibration, p50: Array, codes: Array, actual: Array, error: Array, scored: Array) -> Calibration:
    """Take in the actuals float32 [m] of forecasts issued with p50 [m] and widths [m, 4].

    error: mean error before this forecast was scored [m]. scored: how many were, before [m].
    """
    missed = misses(issue(p50, codes), actual)
    step = _STEPS.take(np.minimum(scored, len(_STEPS) - 1))[:, None]
    margins = follow(known.margins, missed, MISSES, step)
    excess = missed - np.array(MISSES, np.float32)
    part = np.stack([excess[:, 0], excess[:, 2] + np.float32(0.5) * excess[:, 1]], axis=-1)
    part_margins = _fixed(known.part_margins + part * np.float32(_PART_STEP * ONE), _PART_BOUND)
    off = np.abs(actual - p50)
    comparable = (scored >= _RATIO_AFTER) & (error > 0)
    relative = np.divide(off, error, out=np.zeros_like(off), where=comparable)
    relative = np.minimum(relative, np.float32(_RATIO_BOUND)) * np.float32(ONE)
    moved = known.part_ratio + (relative - known.part_ratio.astype(np.float32)) * np.float32(_RATIO_STEP)
    part_ratio = np.where(comparable, np.rint(moved), known.part_ratio).astype(np.uint16)
    return Calibration(margins, part_margins, part_ratio)


def misses(quantiles: Array, actual: Array) -> Array:
    """float32 [m, 4], 1 where the actual [m] is beyond the quantile of quantiles [m, 6] as issued."""
    above = actual[:, None] > quantiles[:, 2:5]
    missed: Array = np.concatenate([(actual < quantiles[:, 0])[:, None], above], axis=1).astype(np.float32)
    return missed


def follow(margins: Array, missed: Array, stated: tuple[float, ...], step: Array) -> Array:
    """int16 margins [..., k] after forecasts that missed (float32 [..., k], 0 or 1) at k stated shares of misses."""
    moved = step * np.float32(ONE) * (missed - np.array(stated, np.float32))
    return _fixed(margins + moved, (1 << 15) / ONE)


def _fixed(values: Array, bound: float) -> Array:
    largest = min(round(bound * ONE), (1 << 15) - 1)
    fixed: Array = np.clip(np.rint(values), -largest, largest).astype(np.int16)
    return fixed
