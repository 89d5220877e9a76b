"""From forecasts to records: one for each model, source, series, resource and lead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from benchmarks.quality.cases import LEADS, PLAN, Case
from benchmarks.quality.compute import Found, key_of
from benchmarks.quality.store import Kept
from engine.backtest.model import Floats
from engine.backtest.naive import at
from engine.backtest.online import NAME as TRIMTAB
from engine.backtest.score import Pairs, score

LEADS_H: Final = tuple(int(lead) // 12 for lead in LEADS)


@dataclass(frozen=True, slots=True)
class Record:
    """Over the scored targets of one case. `n` of `targets` were forecast; `ratio` is trimtab's WAPE over this
    model's on the targets that both forecast, None where either is zero or unknown.
    """

    model: str
    source: str
    series_id: str
    resource: str
    lead_h: int
    even: bool
    n: int
    targets: int
    wape: float | None
    ratio: float | None
    coverage_05: float | None
    coverage_95: float | None
    cpu_us: float | None
    slot_us: float | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def records(cases: Iterable[Case], models: Iterable[str], found: Found) -> list[Record]:
    """Of the cases that a model has run on."""
    names = list(models)
    made = []
    for case in cases:
        ours = found.get(key_of(TRIMTAB, case))
        for model in names:
            kept = found.get(key_of(model, case))
            if kept is not None and len(case.scored_origins):
                made += [_record(case, model, kept, ours, column) for column in range(len(LEADS))]
    return made


def _record(case: Case, model: str, kept: Kept, ours: Kept | None, column: int) -> Record:
    actual = _actual(case, column)
    pairs = _pairs(kept, case, column, actual)
    scores = score(pairs, np.full(len(actual), np.nan))
    return Record(
        model, case.source, case.series.series_id, case.series.resource, LEADS_H[column], case.even,
        n=scores.n, targets=int((~np.isnan(actual)).sum()), wape=scores.wape,
        ratio=None if ours is None else _ratio(_pairs(ours, case, column, actual), pairs),
        coverage_05=scores.coverage_05, coverage_95=scores.coverage_95, cpu_us=_cpu_us(kept),
        slot_us=None if np.isnan(kept.slot_us) else kept.slot_us,
    )  # fmt: skip


def _actual(case: Case, column: int) -> Floats:
    """[scored origins], NaN where the target does not make the score."""
    targets = case.scored_origins + LEADS[column]
    return np.where(PLAN.scored(case.series, targets), at(case.series, targets), np.nan)


def _pairs(kept: Kept, case: Case, column: int, actual: Floats) -> Pairs:
    """At the scored origins; NaN where the model was not asked."""
    place = np.searchsorted(kept.origins, case.scored_origins)
    inside = place < len(kept.origins)
    inside[inside] = kept.origins[place[inside]] == case.scored_origins[inside]

    def aligned(quantile: Floats) -> Floats:
        out = np.full(len(actual), np.nan)
        out[inside] = quantile[place[inside], column]
        return out

    said = kept.said
    return Pairs(aligned(said.p05), aligned(said.p50), aligned(said.p95), actual)


def _ratio(ours: Pairs, theirs: Pairs) -> float | None:
    both = ~np.isnan(ours.p50 + theirs.p50 + ours.actual)
    mine, other = (float(np.abs(p.p50 - p.actual)[both].sum()) for p in (ours, theirs))
    return mine / other if mine > 0 and other > 0 else None


def _cpu_us(kept: Kept) -> float | None:
    """A forecast of one origin and lead, what was learned for it included."""
    made = int((~np.isnan(kept.said.p50)).sum())
    return 1e6 * kept.said.cpu_seconds / made if made else None


def over_series(some: Iterable[Record]) -> Mapping[str, float] | None:
    """Median and mean WAPE, geometric mean of the ratio, share of series where trimtab errs less, pooled coverage."""
    scored = [record for record in some if record.wape is not None]
    if not scored:
        return None
    wape = np.array([record.wape for record in scored])
    ratios = np.array([record.ratio for record in scored if record.ratio is not None])
    return {
        "series": len(scored),
        "median": float(np.median(wape)),
        "mean": float(np.mean(wape)),
        "ratio": float(np.exp(np.log(ratios).mean())) if len(ratios) else np.nan,
        "ahead": float((ratios < 1).mean()) if len(ratios) else np.nan,
        "said": sum(record.n for record in scored) / max(1, sum(record.targets for record in scored)),
        "coverage_05": _pooled(scored, "coverage_05"),
        "coverage_95": _pooled(scored, "coverage_95"),
        "cpu_us": _mean([record.cpu_us for record in scored]),
        "slot_us": _mean([record.slot_us for record in scored]),
    }


def _mean(values: Iterable[float | None]) -> float:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else np.nan


def _pooled(scored: Iterable[Record], name: str) -> float:
    """Every forecast counts alike."""
    known = [(getattr(record, name), record.n) for record in scored if getattr(record, name) is not None]
    return float(np.average([k for k, _ in known], weights=[n for _, n in known])) if known else np.nan
