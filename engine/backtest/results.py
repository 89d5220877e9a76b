"""What a backtest has found: a record for each series, resource, lead and model, and what they come to over the series.

Every record holds two scores: `scored`, of the targets that make the score (the last days of the series, never its
first), and `all`, of every forecast made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from engine.backtest.classes import classes
from engine.backtest.model import Buckets, Floats, Mask, PeerForecast, Series
from engine.backtest.naive import LAST, at
from engine.backtest.online import NAME, OnlineForecast
from engine.backtest.plan import Plan
from engine.backtest.score import MEASURES, Pairs, coverage, score
from engine.core.forecast.outlook import SILENT, YOUNG
from engine.units import BUCKET_S

SECTIONS: Final = ("scored", "all")
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """Of one resource of a series: the trace itself, trimtab's forecasts, and the records of all models.

    `spent` is CPU seconds and forecasts made, by model; `slot_us` what trimtab's cost in a slot, None if not measured.
    """

    series: Series
    online: OnlineForecast
    records: list[Record]
    spent: dict[str, tuple[float, int]]
    slot_us: float | None


def result_of(
    series: Series, online: OnlineForecast, others: Mapping[str, PeerForecast], plan: Plan, slot_us: float | None = None
) -> Result:
    """Scores trimtab's forecasts and those of the `others`, all of the same origins; `last` must be among them."""
    forecasts = {NAME: online.forecast, **others}
    records: list[Record] = []
    for place, lead in enumerate(plan.leads):
        targets = online.origins + lead
        scored, kinds = plan.scored(series, targets), classes(series, online.origins, lead)
        actual, before = at(series, targets), others[LAST.name].p50[:, place]
        for model, forecast in forecasts.items():
            pairs = Pairs(forecast.p05[:, place], forecast.p50[:, place], forecast.p95[:, place], actual)
            record = {
                "series_id": series.series_id,
                "resource": series.resource,
                "lead_s": lead * BUCKET_S,
                "model": model,
                **_record(pairs, before, scored, kinds),
            }
            records.append(record)
            if model == NAME:
                record["no_forecast"] |= _reasons(online)
    spent = {name: (f.cpu_seconds, int((~np.isnan(f.p50)).sum())) for name, f in forecasts.items()}
    return Result(series, online, records, spent, slot_us)


def _record(pairs: Pairs, before: Floats, scored: Mask, kinds: Mapping[str, Mask]) -> Record:
    said = ~np.isnan(pairs.p50)
    record: Record = {
        "scored": score(pairs.where(scored), before[scored]).as_dict(),
        "all": score(pairs, before).as_dict(),
        "no_forecast": {"origins": int((~said).sum())},
        "no_target": int((said & np.isnan(pairs.actual)).sum()),
    }
    if not np.isnan(pairs.p95).all():
        record["coverage"] = {kind: coverage(pairs, mask) for kind, mask in kinds.items()}
    return record


def _reasons(online: OnlineForecast) -> dict[str, int]:
    return {"young": int((online.why == YOUNG).sum()), "silent": int((online.why == SILENT).sum())}


def summary(records: Sequence[Record]) -> list[Record]:
    """Medians and means over the series, for each resource, lead and model, in the order in which they first come."""
    groups: dict[tuple[str, int, str], list[Record]] = {}
    for record in records:
        groups.setdefault((record["resource"], record["lead_s"], record["model"]), []).append(record)
    rows = []
    for (resource, lead_s, model), some in groups.items():
        row: Record = {"resource": resource, "lead_s": lead_s, "model": model}
        row |= {section: _over_series([record[section] for record in some]) for section in SECTIONS}
        if any("coverage" in record for record in some):
            row["coverage"] = _pooled_by_kind([record["coverage"] for record in some if "coverage" in record])
        rows.append(row)
    return rows


def _over_series(scores: Sequence[Record]) -> Record:
    """`pooled` coverage counts every forecast alike, median and mean every series."""
    heard = [score for score in scores if score["n"]]
    row: Record = {"series": len(heard), "n": sum(score["n"] for score in heard)}
    for measure in MEASURES:
        known = [score for score in heard if score[measure] is not None]
        values = np.array([score[measure] for score in known])
        row[measure] = {"median": float(np.median(values)), "mean": float(values.mean())} if known else None
        if known and measure.startswith("coverage"):
            row[measure]["pooled"] = float(np.average(values, weights=[score["n"] for score in known]))
    return row


def _pooled_by_kind(coverages: Sequence[Mapping[str, Record]]) -> Record:
    """Over every forecast of a kind of moment, whatever its series."""
    pooled: Record = {}
    for kind in coverages[0]:
        some = [c[kind] for c in coverages if c[kind]["n"]]
        pooled[kind] = {"n": sum(c["n"] for c in some)}
        weights = [c["n"] for c in some]
        for level in ("05", "50", "95"):
            pooled[kind][level] = float(np.average([c[level] for c in some], weights=weights)) if some else None
    return pooled


def cost(results: Sequence[Result]) -> list[Record]:
    """CPU time of each model, and trimtab's where its rows are as many as in a slot: what rows share is shared out."""
    rows: dict[str, Record] = {}
    for result in results:
        for model, (seconds, made) in result.spent.items():
            row = rows.setdefault(model, {"model": model, "cpu_seconds": 0.0, "forecasts": 0})
            row["cpu_seconds"] += seconds
            row["forecasts"] += made
    for row in rows.values():
        row["cpu_us_per_forecast"] = 1e6 * row["cpu_seconds"] / row["forecasts"] if row["forecasts"] else None
    measured = [result.slot_us for result in results if result.slot_us is not None]
    if measured:
        rows[NAME]["cpu_us_per_forecast_in_a_slot"] = float(np.mean(measured))
    return list(rows.values())


def targets_s(online: OnlineForecast, plan: Plan) -> Buckets:
    """Ends of the buckets forecast in seconds, int64 [origins, leads]."""
    ends: Buckets = (online.origins[:, None] + np.array(plan.leads)) * BUCKET_S
    return ends
