"""One forecast looked at closely: what was known at its origin, who spoke, and what came.

The series is fed to the engine's own forecast up to the origin and no further; what came after is only shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np

from engine.backtest.asking import ask
from engine.backtest.buckets import NAMES, Bucketed
from engine.backtest.classes import shifts
from engine.backtest.explanation import Explanation, explain
from engine.backtest.model import Floats, Series
from engine.backtest.naive import at
from engine.backtest.online import closes
from engine.backtest.plan import FARTHEST
from engine.core.forecast import ForecastRows, observe
from engine.core.forecast.outlook import SILENT, YOUNG
from engine.errors import UserError
from engine.units import BUCKET_S

FAN: Final = (*range(3, 49, 3), *range(60, FARTHEST + 1, 12))
"""Leads of the curves that are drawn."""
WHY_NOT = {
    YOUNG: "fewer than 3 buckets of 5 minutes had been seen",
    SILENT: "there was no sample within the hour before",
}


@dataclass(frozen=True, slots=True)
class Expert:
    """`said` in the trace's units, None: abstained. `record`: its discounted errors over those of the mean expert."""

    name: str
    said: float | None
    weight: float
    record: float


@dataclass(frozen=True, slots=True)
class Moment:
    """A forecast of `series` from bucket `origin` at `lead`; amounts in the trace's units.

    `quantiles` by level in percent. `experts` by weight, the heaviest first. `why_not` says why nothing was forecast;
    then there are no experts. `shift` is the bucket at which the last change of level began, as it was seen at the
    origin. `record` is how forecasts of the series did so far at this lead. `fan` [leads, 3] is p05, p50, p95 at every
    lead of FAN. `came` is the target's mean, NaN if unknown.
    """

    series: Series
    origin: int
    lead: int
    why_not: str | None
    quantiles: dict[int, float]
    record: str
    experts: Sequence[Expert]
    shift: int | None
    fan: Floats
    came: float


def bucket_at(text: str, option: str = "--at") -> int:
    """The last bucket that has ended at a time: seconds as in the trace, or an ISO date (UTC). Raises UserError."""
    try:
        time_s = float(text)
    except ValueError:
        try:
            when = datetime.fromisoformat(text)
        except ValueError:
            raise UserError(f"{option}: expected seconds or a date such as 2022-07-01T12:00, got {text!r}.") from None
        time_s = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    if not np.isfinite(time_s):
        raise UserError(f"{option}: expected seconds or a date such as 2022-07-01T12:00, got {text!r}.")
    return int(time_s // BUCKET_S)


def moment(one: Bucketed, resource: int, origin: int, lead: int) -> Moment:
    """Raises UserError when the series has no sample of the resource up to the origin, or has ended long before."""
    series = one.series(resource)
    if series is None:
        raise UserError(f"The series {one.series_id} has no value of {NAMES[resource]}.")
    last = series.first + len(series.mean) - 1
    if not series.first <= origin <= last + FARTHEST:
        raise UserError(
            f"--at: the series {one.series_id} has {NAMES[resource]} from {series.first * BUCKET_S} s "
            f"to {last * BUCKET_S} s, got {origin * BUCKET_S} s."
        )
    rows = rows_at(one, origin)
    scale = float(one.scale[resource])
    fan, whys = ask(rows, origin, FAN)
    why = int(whys[0, resource])
    known = Series(series.series_id, series.resource, series.first, series.mean[: origin - series.first + 1])
    began = shifts(known)
    explained = None if why else explain(rows, 0, resource, origin, lead)
    return Moment(
        series,
        origin,
        lead,
        WHY_NOT.get(why),
        {} if explained is None else {level: value / scale for level, value in explained.quantiles.items()},
        "" if explained is None else _record(explained),
        [] if explained is None else _experts(explained, scale),
        int(began[-1]) if len(began) else None,
        fan[0, resource, :, :3] / scale,
        float(at(series, np.array([origin + lead]))[0]),
    )


def rows_at(one: Bucketed, origin: int) -> ForecastRows:
    """The series' row of state after a bucket, as if nothing later had come."""
    rows = ForecastRows.empty(1)
    for close in closes([one]):
        if close.bucket > origin:
            break
        observe(rows, close.bucket, close.mean, close.peak)
    return rows


def _record(explained: Explanation) -> str:
    confidence = "" if explained.confidence is None else f"; confidence {explained.confidence:.2f}"
    if explained.wape is None or explained.covered is None:
        return f"no forecast at this lead scored so far{confidence}"
    return f"WAPE {explained.wape:.3f}, {explained.covered:.1%} at most p95, of {explained.scored} scored{confidence}"


def _experts(explained: Explanation, scale: float) -> list[Expert]:
    experts = [
        Expert(name, None if np.isnan(said) else float(said) / scale, float(weight), float(record))
        for name, said, weight, record in zip(
            explained.names, explained.said, explained.weight, explained.record, strict=True
        )
    ]
    return sorted(experts, key=lambda expert: (expert.said is None, -expert.weight))
