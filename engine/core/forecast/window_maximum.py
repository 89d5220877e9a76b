"""The highest sample of the next 1, 2 and 4 hours: what a request must cover.

    quantile = highest median of the window + width(evidence) x exp(margin of the series at that window and level)

Widths are pooled (`window_prior`) and margins tracked as in `quantiles`; what is learned besides is how far maxima were
above the highest median. To save state a window's forecast is scored when it ends, and the next one waits from then on:
windows of 4 hours teach six times a day, with steps twice as long. Hours end at a row's own phase; a position in the
ring of hours is a function of the bucket alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core.forecast import window_prior
from engine.core.forecast.compact import MISSING, ZERO, decode, encode
from engine.core.forecast.evidence import Evidence
from engine.core.forecast.mixture import DISCOUNT
from engine.core.forecast.quantiles import factor, follow
from engine.core.forecast.state import HOUR, LEADS
from engine.core.forecast.window_prior import Lately
from engine.core.rows import Array

WINDOWS: Final = (12, 24, 48)
"""Lengths in buckets: 1 h, 2 h, 4 h, all of them leads of the forecast."""
LEVELS: Final = (0.5, 0.9, 0.95, 0.99)
MISSES: Final = (0.5, 0.1, 0.05, 0.01)
_ENDS: Final = slice(LEADS.index(WINDOWS[0]), LEADS.index(WINDOWS[-1]) + 1)
"""Leads at which windows end."""
HOURS: Final = 4
"""Hours whose highest sample is remembered."""
_STEPS: Final = (0.2 + 1.0 / (np.arange(256) + 6.0) ** 0.6).astype(np.float32)
_COUNTS: Final = ((1 - DISCOUNT ** np.arange(1, 257)) / (1 - DISCOUNT)).astype(np.float32)
_NARROWEST: Final = np.float32(2.0**-10)


@dataclass(frozen=True, slots=True)
class Tracked:
    """What is learned of a series' maxima, per window."""

    margins: Array  # int16 [m, 3, 4], by LEVELS: fixed-point logarithms
    excess: Array  # uint16 [m, 3]: mean distance of the maximum above the highest median, code of `compact`
    scored: Array  # uint8 [m, 3]: maxima seen, at most 255


def hour_of(bucket: int | Array, phase: Array) -> Array:
    """Index of the hour [m] in which this bucket lies, for rows whose hours end at `phase` (0..11)."""
    hour: Array = (np.asarray(bucket, np.int64) - 1 - phase) // HOUR
    return hour


def note(highest: Array, last_bucket: Array, bucket: int, peak: Array, phase: Array) -> Array:
    """The ring of hours' maxima (uint16 [m, 4], codes) after a bucket whose highest samples are `peak` (float32 [m]).

    last_bucket: newest bucket before this one [m], -1 without any. Hours that were skipped are missing.
    """
    hour, seen = hour_of(bucket, phase), hour_of(last_bucket, phase)
    newest = hour[:, None] - (hour[:, None] - np.arange(HOURS)) % HOURS  # the newest hour on each position
    stale = (newest > seen[:, None]) | (last_bucket < 0)[:, None]
    noted = np.where(stale, np.uint16(MISSING), highest)
    here = np.arange(HOURS) == hour[:, None] % HOURS
    return np.where(here, np.maximum(noted, encode(peak)[:, None]), noted)


def due(bucket: int, phase: Array) -> Array:
    """bool [m, 3]: an hour ends for the row, and with it the window; the next one begins."""
    hour = hour_of(bucket, phase)
    ended = hour_of(bucket + 1, phase) > hour
    begins: Array = ended[:, None] & ((hour[:, None] + 1) % (np.array(WINDOWS) // HOUR) == 0)
    return begins


def forecast(evidence: Evidence, ratio: Array, highest: Array, hour: Array, known: Tracked) -> Array:
    """Codes of the highest median and of the widths above it: uint16 [m, 3, 5], to be issued and kept.

    evidence: at LEADS. ratio: of errors in the part of the day at which each window ends [m, 3]. highest, hour: the
    ring and the present hour.
    """
    hours = decode(np.maximum(_newest_first(highest, hour), ZERO))
    highest_median = np.maximum.accumulate(evidence.p50, axis=1)[:, _ENDS]
    medians = encode(highest_median)
    lately = Lately(
        median=decode(medians),
        last_hour=hours[:, :1],
        last_hours=hours[:, :3].max(axis=1, keepdims=True),
        excess=decode(np.maximum(known.excess, ZERO)),
        ratio=ratio,
        scored=known.scored.astype(np.float32),
    )
    widths = window_prior.widths(evidence, _ENDS, lately)
    codes = encode(widths * factor(known.margins))
    return np.concatenate([medians[..., None], codes], axis=-1)


def _newest_first(highest: Array, hour: Array) -> Array:
    """The ring from the present hour backwards."""
    return np.take_along_axis(highest, (hour[:, None] - np.arange(HOURS)) % HOURS, axis=1)


def issue(codes: Array) -> Array:
    """p50, p90, p95, p99 of the maximum: float32 [..., 4] from codes [..., 5]; ordered, not negative."""
    amounts = decode(codes)
    median = amounts[..., :1]
    width = np.maximum(amounts[..., 1:], median * _NARROWEST)
    quantiles: Array = np.maximum.accumulate(median + width, axis=-1)
    return quantiles


def learn(known: Tracked, codes: Array, highest: Array, hour: Array, waited: Array) -> Tracked:
    """Take in the maxima of the windows that ended with `hour` [m].

    codes: what was forecast [m, 3, 5]. waited: bool [m, 3], a forecast has waited since the window began. Windows that
    hold an hour without a sample teach nothing.
    """
    ring = _newest_first(highest, hour)
    ends = [length // HOUR - 1 for length in WINDOWS]
    complete = (np.minimum.accumulate(ring, axis=1)[:, ends] != MISSING) & waited
    maximum = decode(np.maximum.accumulate(ring, axis=1)[:, ends])
    missed = (maximum[..., None] > issue(codes)).astype(np.float32)
    margins = follow(known.margins, missed, MISSES, _STEPS.take(known.scored)[..., None])
    usual = decode(np.maximum(known.excess, ZERO))
    above = np.maximum(maximum - decode(codes[..., 0]), np.float32(0))
    excess = encode(usual + (above - usual) / _COUNTS.take(known.scored))
    return Tracked(
        margins=np.where(complete[..., None], margins, known.margins),
        excess=np.where(complete, excess, known.excess),
        scored=np.where(complete, np.minimum(known.scored, 254) + 1, known.scored).astype(np.uint8),
    )
