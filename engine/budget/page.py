"""The budget as one HTML file that needs no network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import Final

import numpy as np

from engine.budget import namespace_words, node_words
from engine.budget.findings import Finding
from engine.budget.lines import Line
from engine.budget.namespaces import Standing
from engine.budget.nodes import NodeUse
from engine.budget.report import Report
from engine.budget.table import COLUMNS, cells, saving
from engine.budget.words import CAPTION, amount, total_text, usd
from engine.core.rows import Array

_BARS: Final = {"request": "requested", "p95": "used (p95)", "wanted": "engine"}
"""An amount of a line, and how its bar is called."""


def page(report: Report) -> str:
    """The whole file."""
    template = (files("engine.budget") / "assets" / "page.html").read_text(encoding="utf-8")
    return Template(template).substitute(
        title=escape(f"Where the money goes: {report.trace}"),
        total=escape(total_text(report.total, report.instance)),
        findings="".join(_finding(finding) for finding in report.findings),
        bars="".join(_bars(report.namespaces, resource) for resource in (0, 1)),
        budgets=_budgets(report.standings),
        nodes=_nodes(report.nodes),
        heads=_heads(report.level),
        rows="".join(_row(line) for line in report.lines),
        foot=_row(report.total),
        caption=escape(CAPTION),
        notes="".join(f"<p>{escape(note)}</p>" for note in report.notes),
    )


def _finding(finding: Finding) -> str:
    worst = [f"<li><b>{escape(one.name)}</b>: {escape(one.why)}</li>" for one in finding.worst]
    if finding.count > len(worst):
        worst.append(f"<li class='more'>… and {finding.count - len(worst):,} more</li>")
    kind = "finding" if finding.count else "finding none"
    title = f"<h3><span class='count'>{finding.count:,}</span> {escape(finding.title)}</h3>"
    return (
        f"<div class='{kind}'>{title}<ul>{''.join(worst)}</ul></div>" if worst else f"<div class='{kind}'>{title}</div>"
    )


def _budgets(standings: Sequence[Standing]) -> str:
    kinds = ["over" if one.exceeded else "soon" if one.within_days else "" for one in standings]
    rows = [namespace_words.cells(one) for one in standings]
    heading = f"<h2>Namespaces and their budgets</h2><p>{escape(namespace_words.CAPTION)}</p>"
    return heading + _plain(namespace_words.HEADS, namespace_words.TEXTS, rows, kinds) if rows else ""


def _nodes(uses: Sequence[NodeUse]) -> str:
    rows = [node_words.cells(use) for use in uses]
    kinds = ["over" if use.noisy else "" for use in uses]
    heading = "<h2>Nodes, the fullest first</h2>"
    return heading + _plain(node_words.HEADS, node_words.TEXTS, rows, kinds) if rows else ""


def _plain(heads: Sequence[str], texts: int, rows: Sequence[Sequence[str]], kinds: Sequence[str]) -> str:
    """A table whose first `texts` columns are text; `kinds` are the rows' classes."""
    body = "".join(
        f"<tr class='{kind}'>{_line('td', [escape(cell) for cell in row], texts)}</tr>"
        for row, kind in zip(rows, kinds, strict=True)
    )
    head = f"<thead><tr>{_line('th', heads, texts)}</tr></thead>"
    return f"<div class='wide'><table>{head}<tbody>{body}</tbody></table></div>"


def _line(tag: str, cells: Sequence[str], texts: int) -> str:
    return "".join(
        f"<{tag} class='text'>{cell}</{tag}>" if number < texts else f"<{tag}>{cell}</{tag}>"
        for number, cell in enumerate(cells)
    )


def _bars(lines: Sequence[Line], resource: int) -> str:
    """For each namespace what is requested, used, and would be requested; the longest bar is the whole width."""
    amounts = np.nan_to_num([[line.amount[name][resource] for name in _BARS] for line in lines])
    longest = amounts.max(initial=0.0) or 1.0
    body = "".join(_group(line, resource, longest) for line in lines)
    return f"<section><h3>{('CPU', 'Memory')[resource]}</h3>{body}</section>"


def _group(line: Line, resource: int, longest: float) -> str:
    bars = "".join(_bar(line, resource, longest))
    return f"<div class='group'><div class='who'>{escape(line.name)}</div><div>{bars}</div></div>"


def _bar(line: Line, resource: int, longest: float) -> Iterator[str]:
    for name, called in _BARS.items():
        value = float(line.amount[name][resource])
        width = 0.0 if np.isnan(value) else 100 * value / longest
        text = f"{amount(value, resource)} {called}"
        yield f"<div class='bar'><i class='{name}' style='width:{width:.2f}%'></i><span>{text}</span></div>"


def _heads(level: str) -> str:
    amounts = "".join(f"<th>{head}</th>" for _ in (0, 1) for head in COLUMNS)
    return f"<th class='text'>{escape(level)}</th>{amounts}<th>not set</th><th>wasted</th><th>saves</th>"


def _row(line: Line) -> str:
    """Cells are sorted by `data-v`; what is not known comes last."""
    amounts = "".join(
        _cell(text, float(value[resource]))
        for resource in (0, 1)
        for text, value in zip(cells(line, resource), _values(line), strict=True)
    )
    money = "".join(_cell(usd(line.usd[name]), line.usd[name]) for name in ("unset", "wasted"))
    money += _cell(saving(line), line.usd["saving"])
    return f"<tr><td class='text'>{escape(line.name)}</td>{amounts}{money}</tr>"


def _values(line: Line) -> list[Array]:
    """The numbers behind `cells`."""
    shown = [line.amount[name] for name in ("request", "limit", "p50", "p95", "peak", "wasted", "wanted")]
    return [*shown[:-1], line.idle_share, shown[-1]]


def _cell(text: str, value: float) -> str:
    value_text = "" if np.isnan(value) else f"{value:.12g}"
    kind = " class='unset'" if "not set" in text else ""
    return f"<td data-v='{value_text}'{kind}>{escape(text)}</td>"
