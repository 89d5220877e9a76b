"""From a trace's file to the table: reads, runs with a progress bar, writes what was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from engine.backtest.buckets import bucketed
from engine.backtest.output import as_json, write_forecasts, write_json
from engine.backtest.plan import Plan
from engine.backtest.plots import write_plots
from engine.backtest.run import BUCKETS, FORECASTERS, run, work
from engine.backtest.table import table
from engine.errors import UserError
from engine.traces import read_trace

SHOWN = {BUCKETS: "trimtab, 5-minute buckets", FORECASTERS: "other models, series"}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asks for; the paths of what shall be written may be None."""

    trace: Path
    plan: Plan
    models: tuple[str, ...]
    jobs: int
    forecasts: Path | None
    json: Path | None
    plots: Path | None


def run_command(wishes: Wishes, console: Console, progress_console: Console) -> None:
    """Prints the table on `console`. Raises UserError."""
    for path in (wishes.forecasts, wishes.json):
        if path is not None and not path.parent.is_dir():
            raise UserError(f"There is no directory {path.parent} to write {path.name} into.")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=progress_console, transient=True) as progress:
        reading = progress.add_task(f"reading {wishes.trace.name}", total=None)
        series = [bucketed(one) for one in read_trace(wishes.trace, strict=True)]
        progress.remove_task(reading)
        amounts = work(series, len(wishes.models), wishes.jobs)
        tasks = {kind: progress.add_task(SHOWN[kind], total=total) for kind, total in amounts.items() if total}
        results = run(
            series, wishes.plan, wishes.models, wishes.jobs,
            lambda kind, amount: progress.advance(tasks[kind], amount), measure=True,
        )  # fmt: skip
    if not results:
        raise UserError(f"The trace {wishes.trace} has no value in any row.")
    title = str(Path(*wishes.trace.parts[-2:]))
    found = as_json(title, series, results, wishes.plan)
    if wishes.forecasts is not None:
        write_forecasts(wishes.forecasts, results, wishes.plan)
    if wishes.json is not None:
        write_json(wishes.json, found)
    if wishes.plots is not None:
        write_plots(wishes.plots, results, found, wishes.plan)
    console.print(table(found))
