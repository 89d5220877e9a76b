"""The highest sample of the next 1, 2 and 4 hours: what a request must cover.

    quantile = highest median of the window + width(evidence) x exp(margin of the series at that window and level)

Widths are pooled (`window_prior`) and margins tracked as in `quantiles`; what is learned besides is how far maxima were
above the highest median. To save state, what waits for a window's end is the median and p95's width as it was issued;
the other levels are compared with the present ratios to it. Windows that begin each hour overlap, so the long ones take
shorter steps.
A position in a ring of hours is a function of the bucket alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core.forecast import window_prior
from engine.core.forecast.compact import MISSING, ZERO, decode, encode
from engine.core.forecast.evidence import Evidence
from engine.core.forecast.history import hour_of
from engine.core.forecast.losses import DISCOUNT
from engine.core.forecast.quantiles import factor, follow
from engine.core.forecast.state import HOUR, LEADS, WINDOWS
from engine.core.forecast.window_prior import Lately
from engine.core.rows import Array

LEVELS: Final = (0.5, 0.9, 0.95, 0.99)
MISSES: Final = (0.5, 0.1, 0.05, 0.01)
P95: Final = 2
"""Position of p95 among them."""
HOURS: Final = 4
"""Hours whose highest sample is remembered."""
WAITING: Final = sum(length // HOUR for length in WINDOWS)
"""Windows that have begun and not ended."""
ENDS: Final = slice(LEADS.index(WINDOWS[0]), LEADS.index(WINDOWS[-1]) + 1)
"""Where among LEADS the windows end."""
_LENGTHS: Final = np.array(WINDOWS) // HOUR
_FIRST: Final = np.cumsum(_LENGTHS) - _LENGTHS
_STEPS: Final = ((0.2 + 1.0 / (np.arange(256)[:, None] + 6.0) ** 0.6) / _LENGTHS).astype(np.float32)
"""Step after so many maxima, a column per window."""
_COUNTS: Final = ((1 - DISCOUNT ** np.arange(1, 257)) / (1 - DISCOUNT)).astype(np.float32)
_NARROWEST: Final = np.float32(2.0**-10)


@dataclass(frozen=True, slots=True)
class Tracked:
    """What is learned of a series' maxima, per window."""

    margins: Array  # int16 [m, 3, 4], by LEVELS: fixed-point logarithms
    excess: Array  # uint16 [m, 3]: mean distance of the maximum above the highest median, code of `compact`
    scored: Array  # uint8 [m, 3]: maxima seen, at most 255


def note(highest: Array, last_bucket: Array, bucket: int, peak: Array) -> Array:
    """The ring of hours' maxima (uint16 [m, 4], codes) after a bucket whose highest samples are `peak` (float32 [m]).

    last_bucket: newest bucket before this one [m], -1 without any. Hours that were skipped are missing.
    """
    hour, seen = hour_of(bucket), hour_of(last_bucket)
    newest = hour - (hour - np.arange(HOURS)) % HOURS  # the newest hour on each position
    stale = (newest > seen[:, None]) | (last_bucket < 0)[:, None]
    noted = np.where(stale, np.uint16(MISSING), highest)
    here = np.arange(HOURS) == hour % HOURS
    return np.where(here, np.maximum(noted, encode(peak)[:, None]), noted)


def forecast(evidence: Evidence, ratio: Array, highest: Array, hour: Array, known: Tracked) -> Array:
    """Codes of the highest median and of p95's distance above it: uint16 [m, 3, 2], to be issued and kept.

    evidence: at LEADS. ratio: of errors in the part of the day at which each window ends [m, 3]. highest, hour: the
    ring and the present hour.
    """
    seen = lately(evidence, ratio, highest, hour, known)
    width = window_prior.width(evidence, ENDS, seen) * factor(known.margins[..., P95])
    return np.stack([encode(seen.median), encode(width)], axis=-1)


def lately(evidence: Evidence, ratio: Array, highest: Array, hour: Array, known: Tracked) -> Lately:
    """What the widths depend on, besides the evidence."""
    hours = decode(np.maximum(_newest_first(highest, hour), ZERO))
    medians = encode(np.maximum.accumulate(evidence.p50, axis=1)[:, ENDS])
    return Lately(
        median=decode(medians),
        last_hour=hours[:, :1],
        last_hours=hours[:, :3].max(axis=1, keepdims=True),
        excess=decode(np.maximum(known.excess, ZERO)),
        ratio=ratio,
        scored=known.scored,
    )


def issue(codes: Array, known: Tracked) -> Array:
    """p50, p90, p95, p99 of the maximum: float32 [m, 3, 4] from codes [m, 3, 2]; ordered, not negative."""
    amounts = decode(codes)
    median = amounts[..., :1]
    margins = known.margins.astype(np.int32)
    width = amounts[..., 1:] * window_prior.shape(known.scored) * factor(margins - margins[..., P95, None])
    quantiles: Array = np.maximum.accumulate(median + np.maximum(width, median * _NARROWEST), axis=-1)
    return quantiles


def keep(waiting: Array, codes: Array, hour: Array) -> Array:
    """The forecasts that wait (uint16 [m, WAITING, 2]) with those made at the end of `hour` (codes [m, 3, 2])."""
    kept = waiting.copy()
    np.put_along_axis(kept, places(hour)[..., None], codes, axis=1)
    return kept


def learn(known: Tracked, waiting: Array, highest: Array, hour: Array, made: Array) -> Tracked:
    """Take in the maxima of the windows that ended with `hour` [m]; before `keep` overwrites what waited for them.

    made: bool [m, 3], a forecast was made 1, 2, 4 hours ago. Windows that hold an hour without a sample teach nothing.
    """
    codes = np.take_along_axis(waiting, places(hour)[..., None], axis=1)
    ring, ends = _newest_first(highest, hour), _LENGTHS - 1
    complete = (np.minimum.accumulate(ring, axis=1)[:, ends] != MISSING) & made
    maximum = decode(np.maximum.accumulate(ring, axis=1)[:, ends])
    missed = (maximum[..., None] > issue(codes, known)).astype(np.float32)
    margins = follow(known.margins, missed, MISSES, _STEPS[known.scored, np.arange(len(WINDOWS))][..., None])
    usual = decode(np.maximum(known.excess, ZERO))
    above = np.maximum(maximum - decode(codes[..., 0]), np.float32(0))
    excess = encode(usual + (above - usual) / _COUNTS.take(known.scored))
    return Tracked(
        margins=np.where(complete[..., None], margins, known.margins),
        excess=np.where(complete, excess, known.excess),
        scored=np.where(complete, np.minimum(known.scored, 254) + 1, known.scored).astype(np.uint8),
    )


def places(hour: Array) -> Array:
    """Of forecasts made at the end of `hour`, and of those that end with it: [m, 3]."""
    places: Array = _FIRST + hour[:, None] % _LENGTHS
    return places


def _newest_first(highest: Array, hour: Array) -> Array:
    """The ring from the present hour backwards."""
    return np.take_along_axis(highest, (hour[:, None] - np.arange(HOURS)) % HOURS, axis=1)
