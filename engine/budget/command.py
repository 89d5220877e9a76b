"""From the files or the broker to the table, the CSV and the page."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from rich.console import Console

from engine.budget.output import as_csv, write_text
from engine.budget.page import page
from engine.budget.report import report
from engine.budget.sources import Material, Say, from_broker, from_trace, scale_of
from engine.budget.table import show
from engine.catalogue import load_prices
from engine.core.context import Context
from engine.errors import UserError
from engine.policy import read_budgets


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asks for; the paths of what shall be written may be None, and so may the sheet's.

    Either a `trace`, or a `broker` with a `cluster` of which the `last_s` seconds are read. `cores` and `gib`: what one
    unit of the trace's cpu is in cores, and one of its mem in GiB; None: cores and bytes.
    """

    trace: Path | None
    sheet: Path | None
    broker: str | None
    cluster: str | None
    last_s: float
    csv: Path | None
    page: Path | None
    instance: str
    cores: float | None
    gib: float | None
    level: str
    budgets: Path | None = None


def run_command(wishes: Wishes, console: Console, status_console: Console) -> None:
    """Prints the table on `console`. Raises UserError."""
    context = _context(wishes.instance)
    for path in (wishes.csv, wishes.page):
        if path is not None and not path.parent.is_dir():
            raise UserError(f"There is no directory {path.parent} to write {path.name} into.")
    budgets = read_budgets(wishes.budgets) if wishes.budgets else []
    with status_console.status("reading") as status:
        material = _material(wishes, context, status.update)
        if budgets:
            status.update("forecasting namespaces")
        found = report(material, context, wishes.level, budgets)
    if wishes.csv is not None:
        write_text(wishes.csv, as_csv(found.lines))
    if wishes.page is not None:
        write_text(wishes.page, page(found))
    show(console, found)


def _material(wishes: Wishes, context: Context, say: Say) -> Material:
    if wishes.trace is not None:
        return from_trace(wishes.trace, scale_of(wishes.cores, wishes.gib), wishes.sheet, context, say)
    assert wishes.broker is not None
    assert wishes.cluster is not None
    return from_broker(wishes.broker, wishes.cluster, wishes.last_s, context, say)


def _context(instance: str) -> Context:
    prices = load_prices()
    if instance not in prices:
        near = ", ".join(get_close_matches(instance, prices, n=3, cutoff=0.0))
        raise UserError(f"--instance-type: the catalogue has no price of {instance!r}; try {near}.")
    return Context(prices=prices, default_node_type=instance)
