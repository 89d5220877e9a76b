"""Features of one series at its origins for a pooled model: scale-free, causal, built for all origins at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.backtest.model import Buckets, Floats, Series
from engine.backtest.peers.steps import DAY

HOUR = 12
RECENT = (1, 3, 6, 12, 24, 36, 72, 144, 288)  # buckets
DAYS = np.arange(1, 8)


@dataclass(frozen=True, slots=True)
class Table:
    """`x` float64 [n, features]; values are `y · scale + base`; `usable` where a scale is known."""

    x: Floats
    base: Floats
    scale: Floats
    usable: np.ndarray


class Windows:
    """Means over any windows of a series, from its running sums; NaN where nothing is known."""

    def __init__(self, values: Floats) -> None:
        known = ~np.isnan(values)
        self.values = values
        self.sums = np.concatenate([[0.0], np.cumsum(np.where(known, values, 0.0))])
        self.counts = np.concatenate([[0], np.cumsum(known)])

    def mean(self, first: Buckets, last: Buckets) -> Floats:
        """Over indices `first`…`last`, both included; outside of the series there is nothing."""
        low, high = (np.clip(edge, 0, len(self.values)) for edge in (first, last + 1))
        count = self.counts[high] - self.counts[low]
        total = self.sums[high] - self.sums[low]
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def table(series: Series, origins: Buckets, lead: int) -> Table:
    """At `origins` (buckets), for the bucket `lead` later. Uses nothing after an origin."""
    windows = Windows(series.mean)
    at = origins - series.first
    target = at + lead
    scale = windows.mean(at - 7 * DAY + 1, at)
    days = np.stack([_same_time(windows, at, target, day) for day in DAYS.tolist()], axis=1)
    daily, recent = _median(days), windows.mean(at - 35, at)
    base = np.where(np.isnan(daily), recent, (daily + recent) / 2)
    sized = [*_recent(windows, at), *days.T, *_hours(windows, at), *_profile(windows, at, target), daily, base]
    sized += [*_spread(series.mean, at), *_pattern(windows, at, target, days)]
    usable = np.isfinite(scale) & (scale > 0) & np.isfinite(base)
    scale = np.where(usable, scale, 1.0)
    x = np.column_stack([np.stack(sized, axis=1) / scale[:, None], *_calendar(origins + lead)])
    return Table(x, np.where(usable, base, 0.0), scale, usable)


def _same_time(windows: Windows, at: Buckets, target: Buckets, day: int) -> Floats:
    """The 35 minutes around the target's time some days ago."""
    middle = target - day * DAY
    return windows.mean(middle - 3, np.minimum(middle + 3, at))


def _recent(windows: Windows, at: Buckets) -> list[Floats]:
    return [windows.mean(at - length + 1, at) for length in RECENT]


def _hours(windows: Windows, at: Buckets) -> list[Floats]:
    """The last 24 hours' means, newest first."""
    return [windows.mean(at - HOUR * (hour + 1) + 1, at - HOUR * hour) for hour in range(24)]


def _profile(windows: Windows, at: Buckets, target: Buckets) -> list[Floats]:
    """This hour on the last three days; the target's minute on earlier hours, and their median over a day."""
    before = [windows.mean(at - day * DAY - HOUR + 1, at - day * DAY) for day in DAYS[:3]]
    first = -(-(int(target[0] - at[0])) // HOUR) if len(at) else 1
    minutes = [windows.mean(target - HOUR * hour, target - HOUR * hour) for hour in range(first, first + 24)]
    return [*before, *minutes[:6], _median(np.stack(minutes, axis=1))]


def _pattern(windows: Windows, at: Buckets, target: Buckets, days: Floats) -> list[Floats]:
    """The bucket itself on earlier days; three days' change since this hour; a minute's height over its hour's."""
    exact = np.stack([windows.mean(target - day * DAY, target - day * DAY) for day in DAYS], axis=1)
    quarter = windows.mean(target - 7 * DAY - 1, target - 7 * DAY + 1)
    now = windows.mean(at - HOUR + 1, at)
    then = [windows.mean(at - day * DAY - HOUR + 1, at - day * DAY) for day in DAYS[:3]]
    change = days[:, :3] - np.stack(then, axis=1)
    heights = []
    for hour in range(5, 29):
        middle = target - HOUR * hour
        around = windows.mean(middle - 6, np.minimum(middle + 6, at))
        heights.append(np.where(middle <= at, windows.mean(middle, middle) - around, np.nan))
    height = _median(np.stack(heights, axis=1))
    return [_median(exact), quarter, now + _median(change), height, now + height]


def _spread(values: Floats, at: Buckets) -> list[Floats]:
    """Tenth, half and nine tenths of the last three hours and of the last day, and the smaller of their medians."""
    out = []
    for length in (36, DAY):
        place = at[:, None] - np.arange(length)
        out += list(_quantiles(np.where(place >= 0, values[np.maximum(place, 0)], np.nan)))
    return [*out, np.fmin(out[1], out[4])]


def _quantiles(rows: Floats) -> Floats:
    """[3, n] of each row's known values, NaN where there are fewer than three."""
    ordered = np.sort(rows, axis=1)
    count = (~np.isnan(rows)).sum(axis=1)
    place = np.rint(np.outer((0.1, 0.5, 0.9), np.maximum(count - 1, 0))).astype(int)
    return np.where(count >= 3, ordered[np.arange(len(rows)), place], np.nan)


def _calendar(target: Buckets) -> list[Floats]:
    angle = 2 * np.pi * (target % DAY) / DAY
    return [np.cos(angle), np.sin(angle), (target // DAY % 7).astype(float)]


def _median(columns: Floats) -> Floats:
    """Over axis 1, NaN ignored; NaN where nothing is known."""
    known = ~np.isnan(columns)
    filled = np.where(known.any(axis=1, keepdims=True), columns, 0.0)
    return np.where(known.any(axis=1), np.nanmedian(filled, axis=1), np.nan)
