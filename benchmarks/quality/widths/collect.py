"""What the widths depend on at every hour of the even half of the series, and how far off the medians then were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.quality.calibration.collect import highest_of, step, value_at
from benchmarks.quality.cases import Source
from engine.backtest.model import Buckets
from engine.core.forecast import LEADS, ForecastRows, quantile_prior, window_maximum, window_prior
from engine.core.forecast.distribution import combined, evidence_of, ratio_of
from engine.core.forecast.history import hour_of
from engine.core.forecast.state import WINDOWS
from engine.core.forecast.windows import tracked
from engine.core.rows import Array

AGES: Final = (24, 288)
"""Buckets: the first two hours, the first day and later have the same weight."""
_LEAST: Final = 0.05
"""Of the series' usual error."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Float64 [n, leads or windows, columns], `age` and how far `off` the median was [n, leads or windows].

    off: positive when more came, NaN = unknown. `weight` [n] by series, source and age.
    """

    columns: Array
    age: Array
    off: Array
    weight: Array


def seen(source: Source) -> tuple[Seen, Seen]:
    """Of buckets at LEADS, and of the maximum over WINDOWS."""
    kept: dict[tuple[int, int], list[tuple[int, tuple[Array, ...]]]] = {}

    def look(rows: ForecastRows, bucket: int) -> None:
        row, resource = np.nonzero(rows.origin == bucket)
        series = row, resource
        known = evidence_of(rows, series, bucket, combined(rows, series, bucket, LEADS), LEADS)
        hour = np.full(len(series[0]), hour_of(bucket))
        maxima, ratio = tracked(rows, series), ratio_of(rows, series, bucket, WINDOWS)
        lately = window_maximum.lately(known, ratio, rows.highest[series], hour, maxima)
        ahead = np.stack(quantile_prior.columns(known), axis=-1)
        maximum = np.stack(window_prior.columns(known, window_maximum.ENDS, lately), axis=-1)
        found = (ahead, known.age, known.p50, maximum, window_prior.age_of(maxima.scored), lately.median)
        for place, one in enumerate(zip(row.tolist(), resource.tolist(), strict=True)):
            kept.setdefault(one, []).append((bucket, tuple(each[place] for each in found)))

    even = {case.series.series_id for case in source.cases if case.even}
    unit = step(source.series, look).unit
    found = []
    for (row, resource), said in kept.items():
        one = source.series[row]
        alone = one.series(resource)
        if alone is not None and alone.series_id in even:
            origin = np.array([bucket for bucket, _ in said], np.int64)
            ahead, age, p50, maximum, age_of_maxima, median = (
                np.stack(each) for each in zip(*(s for _, s in said), strict=True)
            )
            scale = unit[row, resource] or 1.0
            came = value_at(one, one.mean, resource, origin[:, None] + np.array(LEADS)) / scale
            highest = highest_of(one, resource, origin) / scale
            found.append(
                (
                    _one(ahead, age, came - p50, origin - alone.first),
                    _one(maximum, age_of_maxima, highest - median, origin - alone.first),
                )
            )
    return _joined([first for first, _ in found]), _joined([second for _, second in found])


def _one(columns: Array, age: Array, off: Array, since: Buckets) -> Seen:
    """Each in units of its own evidence, so that wide and narrow moments count alike; 95 % is to hold for both."""
    known = ~np.isnan(off)
    usual = np.where(known, np.abs(off), 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    scale = np.maximum(columns.sum(axis=2, dtype=np.float64), _LEAST * usual)
    off = np.where(known & (usual > 0), off, np.nan)  # a series that was never wrong teaches nothing
    scale[:, usual == 0] = 1.0
    kind = np.searchsorted(AGES, since, side="right")
    count = np.bincount(kind, minlength=len(AGES) + 1)
    return Seen(columns / scale[..., None], age.astype(np.float64), off / scale, 1 / count[kind])


def _joined(some: list[Seen]) -> Seen:
    """A source's, which has the weight 1."""
    weight = np.concatenate([one.weight for one in some])
    columns, age, off = (np.concatenate([getattr(one, name) for one in some]) for name in ("columns", "age", "off"))
    return Seen(columns, age, off, weight / weight.sum())
