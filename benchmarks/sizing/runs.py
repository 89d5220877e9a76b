"""What is replayed: sources, cadences and risks, each a process's work of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.sizing.foresight import slack
from engine.backtest.buckets import NAMES
from engine.simulate.replay import context_of, replay
from engine.simulate.report import summary
from engine.simulate.rivals import krr, recorded
from engine.simulate.trajectory import Trajectory, fit
from engine.traces import Series, read_trace
from engine.units import DAY_S

SCORED_S: Final = 3 * DAY_S
LEAST_RISK: Final = 0.0005
"""Where the VPA's memory targets are never exceeded."""
VPA: Final = "VPA 1.2.2"


@dataclass(frozen=True, slots=True)
class Run:
    """`times` of the VPA's share above is the risk that is stated; `days` 0 are all, else the last so many."""

    path: Path
    cadence_s: float
    times: float
    days: float = 0.0

    @property
    def source(self) -> str:
        return self.path.parent.name

    @property
    def name(self) -> str:
        return f"trimtab, {self.cadence_s / 60:.0f} min"


@dataclass(frozen=True, slots=True)
class Result:
    """Means over the series of one source and resource, as `engine.simulate.report.summary` gives them.

    foresight: slack that foresight would have, with no sample above and with the stated share.
    """

    source: str
    sizes: str
    times: float
    days: float
    row: dict[str, Any]
    foresight: tuple[float, float] | None = None


def results(runs: Sequence[Run], rivals: Sequence[Path], jobs: int) -> Iterator[list[Result]]:
    """Of each run, and of each path's rivals, as they are done."""
    with ProcessPoolExecutor(jobs) as pool:
        work = [pool.submit(_rivals, path) for path in rivals] + [pool.submit(_run, run) for run in runs]
        for done in as_completed(work):
            yield done.result()


def _run(run: Run) -> list[Result]:
    series = read_trace(run.path, strict=True)
    stated = {row["resource"]: max(row["above"], LEAST_RISK) for row in _vpa(run.path, series)}
    risk = stated["cpu"] * run.times, stated.get("mem", LEAST_RISK) * run.times
    if run.days:
        series = [one.between(one.time_s[-1] - run.days * DAY_S, np.inf) for one in series]
    rows = _scores(series, run.name, replay(series, context_of(risk, run.cadence_s)))
    return [Result(run.source, run.name, run.times, run.days, row, _foresight(run, series, risk, row)) for row in rows]


def _foresight(
    run: Run, series: Sequence[Series], risk: tuple[float, float], row: dict[str, Any]
) -> tuple[float, float]:
    resource = NAMES.index(row["resource"])
    none, some = (slack(series, resource, run.cadence_s, share, SCORED_S) for share in (0.0, risk[resource]))
    return none, some


def _rivals(path: Path) -> list[Result]:
    series = read_trace(path, strict=True)
    rows = _vpa(path, series)
    for days in (7, 14):
        rows += _scores(series, f"KRR, {days} days", [krr(one, days) for one in series])
    return [Result(path.parent.name, row["sizes"], 0.0, 0.0, row) for row in rows]


def _vpa(path: Path, series: Sequence[Series]) -> list[dict[str, Any]]:
    return _scores(series, VPA, recorded(path, series))


def _scores(series: Sequence[Series], name: str, found: Sequence[Trajectory]) -> list[dict[str, Any]]:
    pairs = [(fit(o, 0, t, SCORED_S), fit(o, 1, t, SCORED_S)) for o, t in zip(series, found, strict=True)]
    return summary({name: pairs})
