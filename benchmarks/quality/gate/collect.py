"""What the gate sees at every hour of every public series, and what then came: examples to learn from."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from benchmarks.quality.calibration.collect import step, value_at
from benchmarks.quality.cases import PLAN, Source
from engine.backtest.model import Buckets, Floats
from engine.core.forecast import LEADS, ForecastRows
from engine.core.forecast.distribution import heard
from engine.core.forecast.mixture import Heard
from engine.core.rows import Array

YOUNG: Final = 5 * 288
"""Buckets after a series' first that have half of its weight: what is learned there serves every new container."""
_PARTS: Final = tuple(each.name for each in fields(Heard) if each.name != "leads")


@dataclass(frozen=True, slots=True)
class Examples:
    """Of one resource of a series at its hourly origins: `heard` [origins] and what came.

    actual: [origins, leads] in units, NaN = unknown.
    """

    source: str
    series_id: str
    resource: int
    even: bool
    heard: Heard
    actual: Floats
    scored: Array  # bool [origins, leads]: makes the score
    weight: Floats  # [origins], sum 1


def examples(source: Source) -> list[Examples]:
    """Of all series of a source, fed to one table."""
    kept: dict[tuple[int, int], list[tuple[int, Heard]]] = {}

    def look(rows: ForecastRows, bucket: int) -> None:
        row, resource = np.nonzero(rows.origin == bucket)
        said = heard(rows, (row, resource), bucket, LEADS)
        for place, series in enumerate(zip(row.tolist(), resource.tolist(), strict=True)):
            kept.setdefault(series, []).append((bucket, taken(said, slice(place, place + 1))))

    unit = step(source.series, look).unit
    unit = np.where(unit > 0, unit, 1.0)
    found = []
    even = {case.series.series_id: case.even for case in source.cases}
    for (row, resource), said in sorted(kept.items()):
        one = source.series[row]
        alone = one.series(resource)
        if alone is not None:
            origin = np.array([bucket for bucket, _ in said], np.int64)
            targets = origin[:, None] + np.array(LEADS)
            found.append(
                Examples(
                    source=source.name,
                    series_id=alone.series_id,
                    resource=resource,
                    even=even[alone.series_id],
                    heard=joined([each for _, each in said]),
                    actual=value_at(one, one.mean, resource, targets) / unit[row, resource],
                    scored=PLAN.scored(alone, targets),
                    weight=_weights(origin - alone.first),
                )
            )
    return found


def _weights(age: Buckets) -> Floats:
    young = age < YOUNG
    weight: Floats = 1 / len(age) + young / max(young.sum(), 1)
    weight /= weight.sum()
    return weight


def taken(said: Heard, places: slice | Array) -> Heard:
    """A copy of some of it, by its first axis."""
    parts = (np.array(getattr(said, name)[places]) for name in _PARTS)
    return Heard(said.leads, *parts)


def joined(said: list[Heard]) -> Heard:
    """One after the other."""
    return Heard(said[0].leads, *(np.concatenate([getattr(each, name) for each in said]) for name in _PARTS))
