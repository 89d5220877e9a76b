"""Samples of a trace as the closed buckets that the live window makes of them, bit for bit.

The same arithmetic as `engine.core.window`, vectorised over the time of one series: whole quanta are summed, a second
counts once. A test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.backtest.model import Buckets, Floats, Series
from engine.backtest.scales import scales
from engine.core.window import QUANTA, bucket_of
from engine.traces import Series as TraceSeries
from engine.units import LARGEST

NAMES = ("cpu", "mem")
"""The resources as traces call them, in the order of `engine.units.RESOURCES`."""


@dataclass(frozen=True, slots=True)
class Bucketed:
    """A series by buckets that have a sample: `bucket` [k] ascending, `mean` and `peak` [k, 2], NaN for none.

    Amounts are in cores and bytes; those of the trace are `scale` [2] times smaller. `refused` [2] samples were larger
    than any container's, and left out as the live engine does.
    """

    series_id: str
    bucket: Buckets
    mean: Floats
    peak: Floats
    scale: Floats
    refused: Buckets

    def spans(self, resource: int) -> tuple[int, int] | None:
        """First and last bucket that has a mean of this resource."""
        known = self.bucket[~np.isnan(self.mean[:, resource])]
        return (int(known[0]), int(known[-1])) if len(known) else None

    def series(self, resource: int) -> Series | None:
        """One resource at every bucket of its span, in the trace's units."""
        span = self.spans(resource)
        if span is None:
            return None
        mean = np.full(span[1] - span[0] + 1, np.nan)
        inside = (self.bucket >= span[0]) & (self.bucket <= span[1])
        mean[self.bucket[inside] - span[0]] = self.mean[inside, resource] / self.scale[resource]
        return Series(self.series_id, NAMES[resource], span[0], mean)


def bucketed(series: TraceSeries, scale: Floats | None = None) -> Bucketed:
    """5-minute means and peaks of a series; `scale` [2] where it is known how many cores and bytes the units are."""
    scale = scales(series.value) if scale is None else scale
    value = series.value * scale
    with np.errstate(invalid="ignore"):
        too_large = value > np.array(LARGEST)
    value[too_large] = np.nan
    sampled = ~np.isnan(value).all(axis=1)
    time_s, value = series.time_s[sampled], value[sampled]
    once = np.flatnonzero(np.diff(np.floor(time_s), prepend=-1.0) > 0)  # the first sample of each second
    time_s, value = time_s[once], value[once]
    bucket, starts = np.unique(bucket_of(time_s), return_index=True)
    mean, peak = _closed(value, starts)
    return Bucketed(series.name, bucket, mean, peak, scale, too_large.sum(axis=0))


def _closed(value: Floats, starts: Buckets) -> tuple[Floats, Floats]:
    """Means and peaks of the samples `value` [n, 2] of each bucket that starts at these places."""
    if not len(starts):
        return np.empty((0, 2)), np.empty((0, 2))
    has = ~np.isnan(value)
    quanta = np.where(has, np.rint(value / QUANTA), 0.0).astype(np.int64)
    count = np.add.reduceat(has.astype(np.int64), starts).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.add.reduceat(quanta, starts) * QUANTA / count
    peak = np.where(count > 0, np.maximum.reduceat(quanta, starts) * QUANTA, np.nan)
    return mean, peak
