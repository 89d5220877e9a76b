"""From the files to the table, the CSV and the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console

from engine.backtest.buckets import Bucketed, bucketed
from engine.budget.budget import make_budget
from engine.budget.output import as_csv, write_text
from engine.budget.page import page
from engine.budget.report import report
from engine.budget.sheet import Sheet, read_sheet
from engine.budget.table import show
from engine.catalogue import load_prices
from engine.core.context import Context
from engine.errors import UserError
from engine.traces import read_trace
from engine.units import GIB, MEMORY

LEAST_MEMORY: Final = 4096.0
"""Bytes: no container that runs has less than a page."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asks for; the paths of what shall be written may be None, and so may the sheet's.

    `cores` and `gib`: what one unit of the trace's cpu is in cores, and one of its mem in GiB; None: cores and bytes.
    """

    trace: Path
    sheet: Path | None
    csv: Path | None
    page: Path | None
    instance: str
    cores: float | None
    gib: float | None
    level: str


def run_command(wishes: Wishes, console: Console, status_console: Console) -> None:
    """Prints the table on `console`. Raises UserError."""
    context = _context(wishes.instance)
    for path in (wishes.csv, wishes.page):
        if path is not None and not path.parent.is_dir():
            raise UserError(f"There is no directory {path.parent} to write {path.name} into.")
    sheet: Sheet = read_sheet(wishes.sheet) if wishes.sheet else {}
    with status_console.status(f"reading {wishes.trace.name}") as status:
        series = _read(wishes)
        status.update("forecasting with the engine")
        budget = make_budget(series, sheet, context)
    lost = int(sum(one.refused.sum() for one in series))
    found = report(budget, wishes.trace.name, wishes.instance, wishes.level, lost)
    if wishes.csv is not None:
        write_text(wishes.csv, as_csv(found.lines))
    if wishes.page is not None:
        write_text(wishes.page, page(found))
    show(console, found)


def _context(instance: str) -> Context:
    prices = load_prices()
    if instance not in prices:
        near = ", ".join(get_close_matches(instance, prices, n=3, cutoff=0.0))
        raise UserError(f"--instance-type: the catalogue has no price of {instance!r}; try {near}.")
    return Context(prices=prices, default_node_type=instance)


def _read(wishes: Wishes) -> Sequence[Bucketed]:
    """The trace in cores and bytes. Raises UserError, also when its memory cannot be bytes."""
    scale = np.array([wishes.cores or 1.0, (wishes.gib or 1.0 / GIB) * GIB])
    series = [bucketed(one, scale) for one in read_trace(wishes.trace, strict=True)]
    if not any(len(one.bucket) for one in series):
        raise UserError(f"The trace {wishes.trace} has no value in any row.")
    for one in series:
        highest = np.nanmax(np.append(one.peak[:, MEMORY], 0.0))
        if 0 < highest < LEAST_MEMORY:
            raise UserError(
                f"The memory of series {one.series_id} is {highest:g} bytes at most, which cannot be: "
                "give --memory-gib-per-unit (and --cpu-cores-per-unit) if the trace has other units."
            )
    return series
