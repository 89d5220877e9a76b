"""Pages of a simulation, which need no network: for each series what was used and requested, and an index."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

import numpy as np

from engine.backtest.buckets import NAMES
from engine.errors import UserError
from engine.simulate.report import Fits
from engine.simulate.trajectory import Trajectory
from engine.traces import Series

_COLOURS: Final = ("#9aa5b1", "#1f6feb", "#d1242f", "#bf8700", "#8250df", "#1a7f37")
_MOST: Final = 4000
"""Points drawn of a series: of so many parts, each by its highest sample."""


def write_plots(
    directory: Path, series: Sequence[Series], found: Mapping[str, Sequence[Trajectory]], fits: Fits, last_s: float
) -> None:
    """Raises UserError when plotly is missing or nothing can be written."""
    try:
        import plotly.graph_objects as go  # noqa: PLC0415  (an extra)
        from plotly.subplots import make_subplots  # noqa: PLC0415
    except ImportError as error:
        raise UserError("--plots needs plotly: pip install 'trimtab[demo]'.") from error
    lines = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for place, one in enumerate(series):
            figure = make_subplots(rows=2, cols=1, shared_xaxes=True, subplot_titles=("CPU", "memory"))
            for resource in range(2):
                _draw(figure, go, one, resource, {name: some[place] for name, some in found.items()}, last_s)
            figure.update_layout(template="plotly_white", height=760, title=one.name, hovermode="x unified")
            file = f"{place + 1:03d}-{re.sub(r'[^A-Za-z0-9._-]+', '-', one.name)[:80]}.html"
            figure.write_html(directory / file, include_plotlyjs="directory")
            lines.append(f"<tr><td><a href='{file}'>{escape(one.name)}</a></td>{_cells(fits, place)}</tr>")
        (directory / "index.html").write_text(_INDEX.format(heads=_heads(fits), lines="\n".join(lines)))
    except OSError as error:
        raise UserError(f"The plots cannot be written: {error}.") from error


def _draw(figure: Any, go: Any, one: Series, resource: int, found: Mapping[str, Trajectory], last_s: float) -> None:
    used, time_s = one.value[:, resource], one.time_s
    known = ~np.isnan(used) & (time_s > time_s[-1] - last_s)
    if not known.any():
        return
    time_s, used = _thinned(time_s[known], used[known])
    row = resource + 1
    shown = {trace.name for trace in figure.data}
    names = ["used", *found]

    def line(name: str, x: Any, y: Any, shape: str) -> None:
        """One colour, and one place in the legend, for both resources."""
        style = {"color": _COLOURS[names.index(name) % len(_COLOURS)], "shape": shape}
        once = {"legendgroup": name, "showlegend": name not in shown}
        figure.add_trace(go.Scatter(x=x, y=y, name=name, mode="lines", line=style, **once), row=row, col=1)

    line("used", time_s / 86_400, used, "linear")
    for name, trajectory in found.items():
        at = np.array(trajectory.time_s)
        within = (at > time_s[0]) & (at < time_s[-1])
        at = np.concatenate([time_s[:1], at[within], time_s[-1:]])
        line(name, at / 86_400, trajectory.at(at)[:, resource], "hv")
    figure.update_xaxes(title="day", row=2, col=1)


def _thinned(time_s: Any, used: Any) -> tuple[Any, Any]:
    """The highest of each part, at its time."""
    if len(used) <= _MOST:
        return time_s, used
    parts = np.array_split(np.arange(len(used)), _MOST)
    place = np.array([part[np.argmax(used[part])] for part in parts])
    return time_s[place], used[place]


def _heads(fits: Fits) -> str:
    return "".join(f"<th>{escape(name)}, {resource}</th>" for name in fits for resource in NAMES)


def _cells(fits: Fits, place: int) -> str:
    """Slack and share above, by whose sizes."""
    cells = [each for pairs in fits.values() for each in pairs[place]]
    return "".join("<td>–</td>" if each is None else f"<td>{each.slack:.3f} @ {each.above:.4f}</td>" for each in cells)


_INDEX: Final = """<!doctype html><meta charset="utf-8"><title>Simulation</title>
<style>
body{{font:15px system-ui;margin:2rem}}td,th{{padding:.2rem .8rem;text-align:right;white-space:nowrap}}
td:first-child,th:first-child{{text-align:left}}
</style><h1>Simulation</h1><p>Idle share of what was requested @ share of samples above the request.</p>
<table><tr><th>series</th>{heads}</tr>
{lines}
</table>
"""
