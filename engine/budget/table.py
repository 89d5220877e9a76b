"""The budget on a terminal: findings, then the most important lines, then namespaces and the sum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from engine.budget import namespace_words, node_words
from engine.budget.findings import Finding
from engine.budget.lines import Line
from engine.budget.report import Report
from engine.budget.words import CAPTION, NONE, amount, share, total_text, usd

SHOWN: Final = 30
COLUMNS: Final = ("request", "limit", "p50", "p95", "max", "wasted", "idle", "engine")
NARROW: Final = (0, 3, 5, 7)
"""Which of the columns fit into a terminal of less than WIDE characters."""
WIDE: Final = 110


def show(console: Console, report: Report) -> None:
    """Prints everything that a terminal has room for."""
    for finding in report.findings:
        _show_finding(console, finding)
    shown = range(len(COLUMNS)) if console.width >= WIDE else NARROW
    console.print(_table(report.lines, report.level, shown))
    if len(report.lines) > SHOWN:
        console.print(f"… and {len(report.lines) - SHOWN:,} more: --csv FILE has them all.", highlight=False)
    if report.level != "namespace":
        console.print(_table(report.namespaces, "namespace", shown))
        if len(report.namespaces) > SHOWN:
            console.print(f"… and {len(report.namespaces) - SHOWN:,} more: --by namespace --csv FILE.", highlight=False)
    console.print(CAPTION, style="dim", highlight=False)
    if report.standings:
        rows = [namespace_words.cells(one) for one in report.standings]
        console.print(_plain("Namespaces and their budgets", namespace_words.HEADS, namespace_words.TEXTS, rows))
        console.print(namespace_words.CAPTION, style="dim", highlight=False)
    if report.nodes:
        rows = [node_words.cells(use) for use in report.nodes[:SHOWN]]
        console.print(_plain("Nodes, the fullest first", node_words.HEADS, node_words.TEXTS, rows))
        if len(report.nodes) > SHOWN:
            console.print(f"… and {len(report.nodes) - SHOWN:,} more: --page FILE has them all.", highlight=False)
    for note in report.notes:
        console.print(note, highlight=False)
    console.print(total_text(report.total, report.instance), style="bold", highlight=False)


def _show_finding(console: Console, finding: Finding) -> None:
    if not finding.count:
        return
    console.print(f"{finding.title}: {finding.count:,}", style="bold yellow", highlight=False)
    for offender in finding.worst:
        console.print(f"  {escape(offender.name)}: {escape(offender.why)}", highlight=False, soft_wrap=True)
    if finding.count > len(finding.worst):
        console.print(f"  … and {finding.count - len(finding.worst):,} more", style="dim", highlight=False)


def _table(lines: Sequence[Line], level: str, shown: Sequence[int]) -> Table:
    """CPU and memory of a line stand under each other; `shown` of COLUMNS."""
    table = Table(box=SIMPLE, padding=(0, 1), collapse_padding=True, pad_edge=False, title_justify="left")
    table.title = f"By {level}, what saves or costs most first (saves: USD a month)"
    table.add_column(level, overflow="fold", min_width=20)
    table.add_column("", no_wrap=True)
    for name in (*(COLUMNS[n] for n in shown), "saves"):
        table.add_column(name, justify="right", no_wrap=True)
    for line in lines[:SHOWN]:
        for resource, label in enumerate(("CPU", "mem")):
            named = escape(line.name) if resource == 0 else ""
            both = cells(line, resource)
            table.add_row(named, label, *(both[n] for n in shown), saving(line) if resource == 0 else "")
    return table


def _plain(title: str, heads: Sequence[str], texts: int, rows: Sequence[Sequence[str]]) -> Table:
    """The first `texts` columns are text, the others numbers."""
    table = Table(box=SIMPLE, padding=(0, 1), collapse_padding=True, pad_edge=False, title_justify="left", title=title)
    for number, head in enumerate(heads):
        table.add_column(head, justify="left" if number < texts else "right", overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    return table


def saving(line: Line) -> str:
    """USD a month; a dash where nothing is requested that could be saved."""
    return usd(line.usd["saving"]) if line.usd["request"] else NONE


def cells(line: Line, resource: int) -> list[str]:
    """In the order of COLUMNS; what is not set is said so, with the count where it is a sum."""
    names = ("cpu", "memory")
    request, limit = (
        _with_unset(line.amount[kind][resource], resource, line, f"{names[resource]}_{kind}")
        for kind in ("request", "limit")
    )
    used = [amount(line.amount[name][resource], resource) for name in ("p50", "p95", "peak", "wasted")]
    return [request, limit, *used, share(line.idle_share[resource]), amount(line.amount["wanted"][resource], resource)]


def _with_unset(value: float, resource: int, line: Line, which: str) -> str:
    count, text = line.unset[which], amount(value, resource)
    if not count:
        return text
    return "not set" if text == NONE else f"{text} ({count} not set)"
