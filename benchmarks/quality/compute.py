"""Makes the forecasts that the cache does not hold yet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.quality.cases import LEADS, PLAN, Case, Source
from benchmarks.quality.store import Kept, load, place, save
from engine.backtest.model import Peer, Series
from engine.backtest.naive import NAIVE
from engine.backtest.online import NAME as TRIMTAB
from engine.backtest.online import run_online
from engine.backtest.run import peer_named
from engine.backtest.slot_cost import slot_cost_us
from engine.core.forecast import ForecastRows

BATCH: Final = ("auto-ets", "mstl", "auto-theta", "prophet")
"""So dear that they run on a sample of each source, from the scored origins only."""
ONLINE: Final = ("holt-winters", "snarimax")
PEERS: Final = (*ONLINE, "lightgbm", *BATCH)
NAMES: Final = tuple(naive.name for naive in NAIVE)
Found = dict[tuple[str, str, str, str], Kept]
"""By model, source, series and resource."""


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of work, the model and the source that the progress bar names, and where what it finds goes."""

    model: str
    source: str
    run: Callable[[Found], None]


def key_of(model: str, case: Case) -> tuple[str, str, str, str]:
    return model, case.source, case.series.series_id, case.series.resource


def tasks(sources: Sequence[Source], models: Sequence[str], resources: Sequence[str], sample: int) -> list[Task]:
    """In the order of their cost, sources in their order."""
    work: list[Task] = []
    chosen = {resource: [case for s in sources for case in s.sample(resource, 0)] for resource in resources}
    for model in models:
        if model == TRIMTAB:
            work += [_whole_source(source) for source in sources]
        elif model == "lightgbm":
            work += [_pooled(model, some, resource) for resource, some in chosen.items() if some]
        else:
            limit = sample if model in BATCH else 0
            some = [case for resource in resources for source in sources for case in source.sample(resource, limit)]
            work += [_single(model, case) for case in some]
    return work


def _single(model: str, case: Case) -> Task:
    def run(found: Found) -> None:
        path = place(model, case, "")
        kept = load(path)
        if kept is None:
            origins = case.scored_origins if model in BATCH else case.origins
            kept = Kept(origins, _peer(model).forecast(case.series, origins, LEADS))
            save(path, kept)
        found[key_of(model, case)] = kept

    return Task(model, case.source, run)


def _peer(model: str) -> Peer:
    return next((naive for naive in NAIVE if naive.name == model), None) or peer_named(model)


def _pooled(model: str, cases: Sequence[Case], resource: str) -> Task:
    """Trained once on the past of all cases; its CPU seconds are shared out evenly."""

    def run(found: Found) -> None:
        trained_on = hashlib.sha256("".join(case.digest for case in cases).encode()).hexdigest()
        paths = [place(model, case, trained_on) for case in cases]
        kept = _loaded(paths)
        if kept is None:
            kept = _train(cases)
            for path, one in zip(paths, kept, strict=True):
                save(path, one)
        found.update({key_of(model, case): one for case, one in zip(cases, kept, strict=True)})

    return Task(model, f"all, {resource}", run)


def _loaded(paths: Sequence[Path]) -> list[Kept] | None:
    """All of them, or None."""
    kept = [one for one in map(load, paths) if one is not None]
    return kept if len(kept) == len(paths) else None


def _train(cases: Sequence[Case]) -> list[Kept]:
    from engine.backtest.peers.lightgbm_model import LightGbm  # noqa: PLC0415  (an extra)
    from engine.backtest.peers.refit import cpu_seconds  # noqa: PLC0415

    started, model = cpu_seconds(), LightGbm()
    model.prepare([past(case) for case in cases], LEADS)
    share_s = (cpu_seconds() - started) / len(cases)
    kept = []
    for case in cases:
        said = model.forecast(case.series, case.scored_origins, LEADS)
        kept.append(Kept(case.scored_origins, replace(said, cpu_seconds=said.cpu_seconds + share_s)))
    return kept


def past(case: Case) -> Series:
    """What may be trained on: it ends where the first scored forecast is made."""
    series = case.series
    return replace(series, mean=series.mean[: max(0, case.cut - series.first - int(LEADS.max()))])


def _whole_source(source: Source) -> Task:
    """trimtab steps all series of a source together, as a slot does."""

    def run(found: Found) -> None:
        together = hashlib.sha256("".join(case.digest for case in source.cases).encode()).hexdigest()
        paths = [place(TRIMTAB, case, together) for case in source.cases]
        kept = _loaded(paths)
        if kept is None:
            fresh = _step(source)
            kept = [fresh[key_of(TRIMTAB, case)] for case in source.cases]
            for path, one in zip(paths, kept, strict=True):
                save(path, one)
        found.update({key_of(TRIMTAB, case): one for case, one in zip(source.cases, kept, strict=True)})

    return Task(TRIMTAB, source.name, run)


def _step(source: Source) -> Mapping[tuple[str, str, str, str], Kept]:
    fresh = {}
    slot_us = [np.nan]

    def ended(rows: ForecastRows, bucket: int) -> None:
        slot_us.append(slot_cost_us(rows, bucket) or np.nan)

    both = run_online(source.series, PLAN, lambda: None, ended)
    for one, said in zip(source.series, both, strict=True):
        for resource, online in enumerate(said):
            series = one.series(resource)
            if series is not None:
                fresh[key_of(TRIMTAB, Case(source.name, series))] = Kept(online.origins, online.forecast, slot_us[-1])
    return fresh
