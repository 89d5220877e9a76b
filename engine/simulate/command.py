"""The work of `trimtab simulate`: read, replay, compare, score, write, print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from engine.catalogue import load_prices
from engine.core.decide.money import monthly_usd
from engine.errors import UserError
from engine.simulate.replay import NODE_TYPE, context_of, replay, scale_of
from engine.simulate.report import Fits, as_json, summary, tables, write_targets
from engine.simulate.rivals import hindsight, krr, recorded
from engine.simulate.trajectory import Trajectory, fit
from engine.traces import Series, read_trace

TRIMTAB = "trimtab"


@dataclass(frozen=True, slots=True)
class Wishes:
    """Risks are shares of samples, CPU and memory; `cadence_s` is how soon a size may be cut after a change."""

    trace: Path
    risk: tuple[float, float]
    cadence_s: float
    score_last_s: float
    compare: tuple[str, ...]
    targets: Path | None
    json_path: Path | None
    plots: Path | None


def run_command(wishes: Wishes, console: Console, errors: Console) -> None:
    """Raises UserError."""
    with errors.status(f"reading {wishes.trace.name}"):
        series = read_trace(wishes.trace, strict=True)
    found = {TRIMTAB: _replayed(wishes, series, errors), **_rivals(wishes, series)}
    fits: Fits = {
        name: [
            (fit(one, 0, each, wishes.score_last_s), fit(one, 1, each, wishes.score_last_s))
            for one, each in zip(series, trajectories, strict=True)
        ]
        for name, trajectories in found.items()
    }
    if wishes.targets:
        write_targets(wishes.targets, series, found[TRIMTAB])
    if wishes.json_path:
        _write_json(wishes, series, fits)
    if wishes.plots:
        from engine.simulate.plots import write_plots  # noqa: PLC0415  (plotly is an extra)

        write_plots(wishes.plots, series, found, fits, wishes.score_last_s)
    for table in tables(summary(fits)):
        console.print(table)
    console.print(_cost(series, fits))


def _replayed(wishes: Wishes, series: Sequence[Series], errors: Console) -> list[Trajectory]:
    context = context_of(wishes.risk, wishes.cadence_s)
    columns = (TextColumn("the engine's fold"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True) as progress:
        bar = progress.add_task("")
        return replay(series, context, lambda done, of: progress.update(bar, completed=done, total=of))


def _rivals(wishes: Wishes, series: Sequence[Series]) -> dict[str, list[Trajectory]]:
    made: dict[str, list[Trajectory]] = {}
    for name in wishes.compare:
        if name == "vpa":
            made["VPA, recorded"] = recorded(wishes.trace, series)
        elif name == "krr":
            made["KRR, 7 days"] = [krr(one, 7) for one in series]
            made["KRR, 14 days"] = [krr(one, 14) for one in series]
        else:
            made["one size, hindsight"] = [hindsight(one, wishes.risk, wishes.score_last_s) for one in series]
    return made


def _write_json(wishes: Wishes, series: Sequence[Series], fits: Fits) -> None:
    assert wishes.json_path is not None
    settings = {
        "risk": wishes.risk,
        "cadence_s": wishes.cadence_s,
        "score_last_s": wishes.score_last_s,
        "node_type": NODE_TYPE,
    }
    found: dict[str, Any] = as_json(str(wishes.trace), series, fits, settings)
    found["monthly_usd"] = _monthly(series, fits)
    try:
        wishes.json_path.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    except OSError as error:
        raise UserError(f"The results cannot be written: {error}.") from error


def _monthly(series: Sequence[Series], fits: Fits) -> dict[str, float]:
    """USD of the mean requests, each series scaled to a 99.9th percentile of 3 cores and 8 GiB."""
    rates, scale = load_prices()[NODE_TYPE], [scale_of(one) for one in series]
    found = {}
    for name, pairs in fits.items():
        requested = np.array([[0.0 if each is None else each.requested for each in pair] for pair in pairs])
        found[name] = float(monthly_usd((requested * np.array(scale)).sum(axis=0), np.array(1.0), np.array(rates)))
    return found


def _cost(series: Sequence[Series], fits: Fits) -> str:
    amounts = ", ".join(f"{name} {usd:,.0f}" for name, usd in _monthly(series, fits).items())
    return f"USD a month, each series scaled to 3 cores and 8 GiB at its p99.9, at the rates of {NODE_TYPE}: {amounts}"
