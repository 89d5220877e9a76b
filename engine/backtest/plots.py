"""Pages of a backtest: one for each series, and an index with the table. They need no network.

plotly's script lies beside them once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from engine.backtest import table
from engine.backtest.online import NAME
from engine.backtest.plan import Plan
from engine.backtest.results import Result
from engine.errors import UserError

Figure = Any


def write_plots(directory: Path, results: Sequence[Result], found: Mapping[str, Any], plan: Plan) -> Path:
    """Writes the pages and returns that of the index. Raises UserError when plotly is missing or nothing is written."""
    try:
        from plotly.offline import get_plotlyjs  # noqa: PLC0415  (an extra)

        from engine.backtest.figures import models_figure, series_figure  # noqa: PLC0415  (imports plotly)
    except ImportError as error:
        raise UserError("--plots needs plotly: pip install 'trimtab[demo]'.") from error
    by_series: dict[str, list[Result]] = {}
    for result in results:
        by_series.setdefault(result.series.series_id, []).append(result)
    pages = {name: f"{n:03d}-{_slug(name)}.html" for n, name in enumerate(by_series, start=1)}
    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "plotly.min.js").write_text(get_plotlyjs(), encoding="utf-8")
        for name, some in by_series.items():
            page = _page(name, "<a href='index.html'>all series</a>", _drawn("series", series_figure(some, plan)))
            (directory / pages[name]).write_text(page, encoding="utf-8")
        index = directory / "index.html"
        body = _drawn("models", models_figure(found)) + _models_table(found) + _series_table(found, pages)
        index.write_text(_page(f"Backtest of {found['trace']}", escape(table.caption(found)), body), encoding="utf-8")
    except OSError as error:
        raise UserError(f"The plots cannot be written: {error}.") from error
    return index


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:80].strip(".-") or "series"


def _page(title: str, lead: str, body: str) -> str:
    template = (files("engine.backtest") / "assets" / "page.html").read_text(encoding="utf-8")
    return Template(template).substitute(title=escape(title), lead=lead, body=body)


def _drawn(name: str, figure: Figure) -> str:
    data = figure.to_json().replace("<", "\\u003c")  # JSON that cannot end the element that holds it
    draw = f"const f = {data}; Plotly.newPlot('{name}', f.data, f.layout, {{responsive: true, displaylogo: false}});"
    return f'<div id="{name}"></div><script>{{{draw}}}</script>'


def _models_table(found: Mapping[str, Any]) -> str:
    return _table(table.COLUMNS, ((row, row[1] == NAME) for row in table.rows(found)), texts=2)


def _series_table(found: Mapping[str, Any], pages: Mapping[str, str]) -> str:
    """trimtab by series, worst last; each links to its page."""
    mine = [record for record in found["series"] if record["model"] == NAME]
    mine.sort(key=lambda r: (r["resource"], r["lead_s"], r["scored"]["wape"] or 0.0))
    rows = []
    for record in mine:
        name, scored = record["series_id"], record["scored"]
        link = f"<a href='{escape(pages[name])}'>{escape(name)}</a>"
        lead = f"{record['resource']} {table.duration(record['lead_s'])}"
        numbers = [scored[m] for m in ("wape", "mase", "coverage_05", "coverage_50", "coverage_95")]
        cells = [table.NONE if number is None else f"{number:.3f}" for number in numbers]
        rows.append(((lead, link, str(scored["n"]), *cells), False))
    return _table(("lead", "series", "forecasts", "WAPE", "MASE", "≤p05", "≤p50", "≤p95"), rows, texts=2)


def _table(columns: Sequence[str], rows: Iterable[tuple[Sequence[str], bool]], texts: int) -> str:
    """HTML; the first `texts` columns are words. Cells are HTML already."""
    kinds = [" class='text'" if n < texts else "" for n in range(len(columns))]
    head = "".join(f"<th{kind}>{escape(name)}</th>" for kind, name in zip(kinds, columns, strict=True))
    lines = []
    for cells, ours in rows:
        line = "".join(f"<td{kind}>{cell}</td>" for kind, cell in zip(kinds, cells, strict=True))
        lines.append(f"<tr{' class=ours' if ours else ''}>{line}</tr>")
    return f"<table><tr>{head}</tr>{''.join(lines)}</table>"
