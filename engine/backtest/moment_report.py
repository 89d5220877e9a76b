"""One forecast of a trace, told on the terminal and on a page."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import numpy as np
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from engine.backtest.buckets import bucketed
from engine.backtest.moment import Moment, moment
from engine.backtest.table import NONE, duration
from engine.backtest.times import when
from engine.errors import UserError
from engine.traces import Series, read_trace
from engine.units import BUCKET_S


def show(
    console: Console, trace: Path, series_id: str, resource: int, origin: int, lead: int, plot: Path | None
) -> None:
    """Reads, forecasts, prints, and writes the page where one is wanted. Raises UserError."""
    with console.status(f"reading {trace.name}"):
        one = bucketed(named(trace, read_trace(trace, strict=True), series_id))
    found = moment(one, resource, origin, lead)
    console.print(heading(found), highlight=False, soft_wrap=True)
    if found.why_not is None:
        console.print(experts_table(found))
    if plot is not None:
        write_page(plot, found)


def named(trace: Path, series: list[Series], series_id: str) -> Series:
    """The series of this id. Raises UserError, with the ids that are nearest."""
    by_name = {one.name: one for one in series}
    if series_id not in by_name:
        near = get_close_matches(series_id, by_name, n=3, cutoff=0.0)
        raise UserError(f"--series: {trace} has no series {series_id!r}; try {', '.join(near)}.")
    return by_name[series_id]


def heading(found: Moment) -> str:
    """What was forecast from where, in a few lines."""
    series, first = found.series, found.series.first
    target = found.origin + found.lead
    lines = [
        f"{series.series_id}, {series.resource}: from {when(found.origin, first)} "
        f"to {when(target, first)}, {duration(found.lead * BUCKET_S)} ahead",
        f"history: {(found.origin - first + 1) * BUCKET_S / 86_400:.1f} days; "
        + ("no change of level seen" if found.shift is None else f"last change of level {when(found.shift, first)}"),
    ]
    if found.why_not is not None:
        lines.append(f"nothing was forecast: {found.why_not}")
    else:
        said = ", ".join(f"p{level:02d} {value:.4g}" for level, value in found.quantiles.items())
        lines += [f"forecast: {said}", f"so far at this lead: {found.record}"]
    lines.append("came: " + ("unknown" if np.isnan(found.came) else f"{found.came:.4g}"))
    return "\n".join(lines)


def experts_table(found: Moment) -> Table:
    """Experts by weight; the record is each one's discounted errors at this lead, over those of the mean expert."""
    table = Table(box=SIMPLE, padding=(0, 1), pad_edge=False)
    for name in ("expert", "said", "weight", "record", "missed by"):
        table.add_column(name, justify="left" if name == "expert" else "right")
    for expert in found.experts:
        missed = None if expert.said is None or np.isnan(found.came) else expert.said - found.came
        table.add_row(
            expert.name, _amount(expert.said), f"{expert.weight:.1%}" if expert.said is not None else NONE,
            f"{expert.record:.3f}", NONE if missed is None else f"{missed:+.4g}",
            style="" if expert.weight >= 0.005 else "dim",
        )  # fmt: skip
    return table


def _amount(value: float | None) -> str:
    return NONE if value is None else f"{value:.4g}"


def write_page(path: Path, found: Moment) -> None:
    """A page that needs no network. Raises UserError when plotly is missing or the file cannot be written."""
    try:
        from engine.backtest.moment_figure import moment_figure  # noqa: PLC0415  (plotly is an extra)
    except ImportError as error:
        raise UserError("--plot needs plotly: pip install 'trimtab[demo]'.") from error
    try:
        moment_figure(found).write_html(path, include_plotlyjs=True)
    except OSError as error:
        raise UserError(f"The page cannot be written: {error}.") from error
