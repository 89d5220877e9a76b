"""From 5-minute buckets to the longer steps on which the batch peers work, and back.

A step holds `size` buckets; the last one ends with the origin. Values in between the middles of two steps are
interpolated, so a forecast of half-hours gives one of a single bucket.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.backtest.model import Buckets, Floats, Series

DAY = 288
HISTORY = 14 * DAY
NORMAL_95 = 1.6449  # the standard normal distribution's quantile


@dataclass(frozen=True, slots=True)
class History:
    """What a peer sees at an origin.

    `value` float64 [k], the median of each step's buckets, as the score is the absolute error: on the whole the
    peers do better with it than with the mean. Oldest first, without gaps, in units of `scale`; `noise` is the
    standard deviation of buckets around their step's value, in the same units.
    """

    value: Floats
    noise: float
    scale: float


def history(series: Series, origin: int, size: int, buckets: int = HISTORY) -> History | None:
    """The last `buckets` up to `origin`; None with less than a day of them, or where all values are zero."""
    end = origin - series.first + 1
    known = _filled(series.mean[max(0, end - buckets) : max(0, end)])
    if len(known) < DAY:
        return None
    steps = known[len(known) % size :].reshape(-1, size)
    scale = float(np.mean(steps))
    if scale <= 0:
        return None
    middle = np.median(steps, axis=1)
    noise = float(np.std(steps - middle[:, None]))
    return History(middle / scale, noise / scale, scale)


def _filled(values: Floats) -> Floats:
    """Each gap with the value before it; what precedes the first value is cut off."""
    known = ~np.isnan(values)
    if not known.any():
        return values[:0]
    values = values[int(known.argmax()) :]
    last = np.maximum.accumulate(np.where(np.isnan(values), 0, np.arange(len(values))))
    filled: Floats = values[last]
    return filled


def steps_ahead(leads: Buckets, size: int) -> int:
    """How many steps a forecast must reach so that `at_leads` has its neighbours."""
    return int(np.ceil((leads.max() + (size - 1) / 2) / size))


def at_leads(forecast: Floats, leads: Buckets, size: int) -> Floats:
    """[leads] from [steps], by the middles of the steps; before the first middle: the first step's."""
    middles = size * np.arange(1, len(forecast) + 1) - (size - 1) / 2
    return np.interp(leads, middles, forecast)


def widened(p50: Floats, bound: Floats, noise: float) -> Floats:
    """A step's bound for one of its buckets: the scatter within the step comes on top, independent and normal."""
    away = bound - p50
    wide: Floats = p50 + np.sign(away) * np.hypot(away, NORMAL_95 * noise)
    return wide
