"""Figures of a backtest: a series with its forecasts, and how the models compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from engine.backtest.model import Floats
from engine.backtest.online import NAME
from engine.backtest.plan import Plan
from engine.backtest.results import Result
from engine.backtest.table import duration
from engine.backtest.times import is_calendar, times
from engine.units import BUCKET_S

Figure = Any  # plotly is untyped

INK: Final = "#1f2933"
ACTUAL: Final = "#7b8794"
FORECAST: Final = "#2563eb"
BAND: Final = "rgba(37, 99, 235, 0.16)"
OTHER: Final = "#9aa5b1"
GRID: Final = "#eceff3"
FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
LAYOUT: Final = {
    "margin": {"l": 64, "r": 50, "t": 60, "b": 40},
    "paper_bgcolor": "white",
    "plot_bgcolor": "white",
    "font": {"family": FONT, "size": 13, "color": INK},
    "hovermode": "x",
    "modebar": {"orientation": "v"},
    "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
}
AXIS: Final = {"gridcolor": GRID, "zeroline": False, "showline": True, "linecolor": "#cbd2d9"}


def series_figure(results: Sequence[Result], plan: Plan) -> Figure:
    """One series: actual, median and band (5 to 95 %) by the time they were aimed at; CPU above memory.

    The lead is chosen on the figure; it opens with the longest.
    """
    figure = make_subplots(rows=len(results), cols=1, shared_xaxes=True, vertical_spacing=0.06)
    lead_of: list[int | None] = []
    for place, result in enumerate(results, start=1):
        actual = result.series
        buckets = actual.first + np.arange(len(actual.mean))
        _add(figure, place, _line(times(buckets, actual.first), actual.mean, "actual", ACTUAL, 1.1))
        lead_of.append(None)
        for n, lead in enumerate(plan.leads):
            for trace in _forecast(result, n, lead):
                _add(figure, place, trace)
                lead_of.append(n)
        figure.update_yaxes(title=actual.resource, rangemode="tozero", hoverformat=".4~g", **AXIS, row=place, col=1)
    figure.update_xaxes(**AXIS, tickprefix="" if is_calendar(results[0].series.first) else "day ")
    buttons = [
        {"label": duration(lead * BUCKET_S), "method": "restyle", "args": [{"visible": _shown(lead_of, n)}]}
        for n, lead in enumerate(plan.leads)
    ]
    for trace, visible in zip(figure.data, _shown(lead_of, len(plan.leads) - 1), strict=True):
        trace.visible = visible
    menu = {"buttons": buttons, "active": len(buttons) - 1, "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"}
    return figure.update_layout(height=170 + 260 * len(results), updatemenus=[menu], **LAYOUT)


def _shown(lead_of: Sequence[int | None], lead: int) -> list[bool]:
    return [of is None or of == lead for of in lead_of]


def _add(figure: Figure, place: int, trace: Figure) -> None:
    trace.showlegend = place == 1 and trace.showlegend is not False
    figure.add_trace(trace, row=place, col=1)


def _forecast(result: Result, n: int, lead: int) -> list[Figure]:
    said = result.online.forecast
    when = times(result.online.origins + lead, result.series.first)
    name = f"{duration(lead * BUCKET_S)} ahead"
    band = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "x": when}
    return [
        go.Scatter(y=amounts(said.p05[:, n]), showlegend=False, **band),
        go.Scatter(y=amounts(said.p95[:, n]), fill="tonexty", fillcolor=BAND, name=f"{name}, 5–95 %", **band),
        _line(when, said.p50[:, n], f"{name}, median", FORECAST, 1.5),
    ]


def _line(when: Any, value: Floats, name: str, color: str, width: float) -> Figure:
    return go.Scatter(x=when, y=amounts(value), name=name, mode="lines", line={"color": color, "width": width})


def amounts(value: Floats) -> list[float | None]:
    """Five digits are more than a screen shows; gaps are None."""
    return [None if np.isnan(v) else float(f"{v:.5g}") for v in value]


def models_figure(found: Mapping[str, Any]) -> Figure:
    """Median WAPE of each model, a panel for each lead, a row of panels for each resource."""
    rows = [row for row in found["summary"] if row["scored"]["wape"] is not None]
    resources, leads, models = (
        list(dict.fromkeys(row[key] for row in rows)) for key in ("resource", "lead_s", "model")
    )
    titles = [f"{resource}, {duration(lead_s)} ahead" for resource in resources for lead_s in leads]
    shape = {"rows": max(1, len(resources)), "cols": max(1, len(leads))}
    figure = make_subplots(**shape, subplot_titles=titles, horizontal_spacing=0.03, vertical_spacing=0.14)
    for row in rows:
        place = {"row": resources.index(row["resource"]) + 1, "col": leads.index(row["lead_s"]) + 1}
        wape, color = row["scored"]["wape"]["median"], FORECAST if row["model"] == NAME else OTHER
        bar = {"x": [wape], "y": [row["model"]], "text": [f"{wape:.3f}"], "marker_color": color, "width": 0.75}
        figure.add_trace(go.Bar(orientation="h", showlegend=False, **bar), **place)
        figure.update_yaxes(showticklabels=place["col"] == 1, categoryarray=models[::-1], **place)
    layout = LAYOUT | {"margin": {"l": 130, "r": 50, "t": 40, "b": 30}, "hovermode": "closest"}
    height = 80 + shape["rows"] * (40 + 26 * len(models))
    return figure.update_layout(height=height, barmode="overlay", **layout)
