"""The plan as a figure: what is needed beneath what the machine has, by slot, and which machine that is."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from engine.backtest.figures import AXIS, FORECAST, INK, LAYOUT
from engine.core.moves import MovePlan
from engine.core.rows import Array
from engine.errors import UserError
from engine.moves.inputs import Needs
from engine.moves.stretches import SCALE, UNIT, stretches
from engine.moves.table import comparison_line, total_line
from engine.units import RESOURCES

Figure = Any  # plotly is untyped
TINTS: Final = ("#eef3fb", "#fdf1dc", "#e9f5ec", "#f7e9f2", "#eeeafa", "#fbe9e7")
ORDERED: Final = "#e8890c"


def write_page(path: Path, plan: MovePlan, needs: Needs) -> None:
    """A page that needs no network. Raises UserError when it cannot be written."""
    try:
        plan_figure(plan, needs).write_html(path, include_plotlyjs=True)
    except OSError as error:
        raise UserError(f"The page cannot be written: {error}.") from error


def plan_figure(plan: MovePlan, needs: Needs) -> Figure:
    """CPU above memory; tinted by machine; dotted lines where one is ordered."""
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.06)
    capacity = plan.capacity[plan.machine]
    for resource, name in enumerate(RESOURCES):
        place = {"row": resource + 1, "col": 1}
        figure.add_trace(_steps(capacity[:, resource] / SCALE[resource], "machine", FORECAST, not resource), **place)
        figure.add_trace(_steps(needs.amounts[:, resource] / SCALE[resource], "need", INK, not resource), **place)
        figure.update_yaxes(title=f"{name}, {UNIT[resource]}", rangemode="tozero", hoverformat=".3~g", **AXIS, **place)
    for stretch in stretches(plan, needs):
        _mark(figure, plan, stretch.first, stretch.end, stretch.offer)
        if stretch.move is not None:
            figure.add_vline(x=stretch.move.ordered, line={"color": ORDERED, "dash": "dot", "width": 1})
    ticks = list(range(0, len(plan.machine) + 1, 4))
    figure.update_xaxes(tickvals=ticks, ticktext=[needs.clock(slot) for slot in ticks], **AXIS)
    title = {"text": f"{total_line(plan)}<br><sup>{comparison_line(plan)}</sup>", "y": 0.97}
    return figure.update_layout(
        **LAYOUT | {"height": 620, "title": title, "margin": {"l": 64, "r": 50, "t": 110, "b": 40}}
    )


def _mark(figure: Figure, plan: MovePlan, first: int, end: int, offer: int) -> None:
    if end > first:
        figure.add_vrect(x0=first, x1=end, fillcolor=TINTS[offer % len(TINTS)], layer="below", line_width=0)
        figure.add_annotation(x=(first + end) / 2, y=1.0, yref="paper", text=plan.offers[offer].name, showarrow=False,
                              yanchor="top", font={"color": FORECAST})  # fmt: skip


def _steps(values: Array, name: str, color: str, legend: bool) -> Figure:
    """A value holds until the end of its slot."""
    shown = [float(f"{value:.5g}") for value in (*values, values[-1])]
    line = {"color": color, "width": 1.8, "shape": "hv"}
    return go.Scatter(x=list(range(len(shown))), y=shown, name=name, mode="lines", line=line, showlegend=legend)
