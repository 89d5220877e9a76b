"""Totals as a table for people."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.box import SIMPLE
from rich.table import Table

from engine.accuracy.totals import Accuracy, Total


def table_of(found: Accuracy) -> Table:
    """A line for each name and one for all. Killed are OOM kills and evictions."""
    table = Table(
        title=_title(found), title_justify="left", box=SIMPLE, padding=(0, 1), collapse_padding=True, pad_edge=False
    )
    table.add_column("", overflow="fold")
    for name in ("changes", "judged", "right", "accuracy", "promised", "realised", "killed"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in found.rows:
        table.add_row(*_cells(row))
    table.add_section()
    table.add_row(*_cells(found.total), style="bold")
    return table


def _title(found: Accuracy) -> str:
    begin, end = (f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M}" for at_s in (found.from_s, found.to_s))
    return f"{found.cluster}, {begin} to {end} UTC, money in USD"


def _cells(row: Total) -> list[str]:
    accuracy = "–" if row.accuracy is None else f"{100 * row.accuracy:.1f} %"
    counts = [f"{count:,}" for count in (row.decisions, row.judged, row.right)]
    money = [f"{usd:,.2f}" for usd in (row.promised_usd, row.realised_usd)]
    return [row.name, *counts, accuracy, *money, f"{row.oom_kills + row.evictions:,}"]
