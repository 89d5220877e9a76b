"""The report's figures of the whole cluster: requested against used in both halves, and the latency."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from engine.core.rows import Array
from engine.demo import axes
from engine.demo.plots import Figure, mark_pilot
from engine.demo.standing import in_order, is_piloted
from engine.demo.trajectories import Trajectories
from engine.messages import Decision
from engine.units import BUCKET_S, CPU, RESOURCES

TITLES: Final = 78
"""Pixels above the plots: the legend, and below it a title for each column."""
USED_FILL: Final = "rgba(51, 65, 85, 0.14)"


def halves_figure(
    trajectories: Trajectories, decisions: Iterable[Decision], scope: str, pilot_s: float, start_s: float
) -> Figure:
    """Left the containers that auto-pilot was turned on for, right the others with what would have been requested."""
    piloted = np.array([is_piloted(name, scope) for name in trajectories.containers])
    resources = [r for r in range(len(RESOURCES)) if not np.isnan(trajectories.mean[:, :, r]).all()] or [CPU]
    titles = [f"{scope}: auto-pilot full", "the others: recommendations only"]
    figure = make_subplots(
        rows=len(resources), cols=2, shared_xaxes=True, shared_yaxes=False, vertical_spacing=0.08,
        horizontal_spacing=0.07, column_titles=titles,
    )
    wanted = wanted_requests(trajectories, decisions)
    for place, resource in enumerate(resources, start=1):
        for column, half in ((1, piloted), (2, ~piloted)):
            for trace in _half(trajectories, wanted, half, resource, start_s, dashed=column == 2):
                trace.showlegend = place == 1 and (column == 1 or trace.name == "would have been requested")
                figure.add_trace(trace, row=place, col=column)
        figure.update_yaxes(title=axes.UNIT_NAME[resource], row=place, col=1)
        mark_pilot(figure, pilot_s, start_s, row=place, col=1)
    figure.update_xaxes(**{**axes.DAYS, "dtick": None})
    figure.update_yaxes(**axes.AMOUNTS)
    plot_height = 222 * len(resources)
    layout = axes.layout(plot_height + TITLES + axes.BOTTOM, hovermode="x unified")
    layout["legend"]["y"], layout["margin"]["t"] = 1 + 0.45 * TITLES / plot_height, TITLES
    return figure.update_layout(**layout)


def wanted_requests(trajectories: Trajectories, decisions: Iterable[Decision]) -> Array:
    """Requests [n, b, 2] had every change been carried out when it was decided."""
    wanted: Array = trajectories.request.copy()
    row_of = {name: row for row, name in enumerate(trajectories.containers)}
    for decision in in_order(decisions):
        row = row_of.get(decision.container)
        if row is None or decision.action in ("hold", "move"):
            continue
        start = max(0, int(decision.time_s // BUCKET_S) - trajectories.first)
        for resource, target in enumerate((decision.target.cpu_request, decision.target.memory_request)):
            if target is not None:
                wanted[row, start:, resource] = target
    return wanted


def carried(values: Array) -> Array:
    """`values` [n, b] with each missing one as the last one before it; NaN before the first."""
    position = np.where(np.isnan(values), -1, np.arange(values.shape[1]))
    last = np.maximum.accumulate(position, axis=1)
    return np.where(last >= 0, np.take_along_axis(values, np.maximum(last, 0), axis=1), np.nan)


def _half(
    trajectories: Trajectories, wanted: Array, half: Array, resource: int, start_s: float, dashed: bool
) -> list[Figure]:
    """Sums over the containers of a half."""
    used, request = trajectories.mean[half, :, resource], trajectories.request[half, :, resource]
    when = axes.bucket_days(trajectories.buckets, start_s)

    def line(values: Array, name: str, color: str, width: float, dash: str = "solid", **more: str) -> Figure:
        total = np.nansum(values, axis=0) / axes.UNIT[resource]
        total[np.isnan(values).all(axis=0)] = np.nan
        style = {"color": color, "width": width, "dash": dash}
        return go.Scatter(x=when, y=total, name=name, mode="lines", line=style, **more)

    lines = [
        line(carried(used), "used", axes.ACTUAL, 1.2, fill="tozeroy", fillcolor=USED_FILL),
        line(request, "requested", axes.REQUEST, 2.2),
    ]
    if dashed:
        lines.append(line(wanted[half, :, resource], "would have been requested", axes.PILOT, 1.8, dash="dash"))
    return lines


def latency_figure(latencies_ms: list[float]) -> Figure:
    """Histogram of metric-to-command latency in wall time, with p50 and p99."""
    figure = go.Figure(go.Histogram(x=latencies_ms, nbinsx=60, marker={"color": axes.FORECAST}, opacity=0.8))
    for share in (50, 99):
        value = float(np.percentile(latencies_ms, share)) if latencies_ms else 0.0
        figure.add_vline(x=value, line={"color": axes.REQUEST, "dash": "dash", "width": 1.5})
        figure.add_annotation(
            x=value, y=1, yref="paper", yanchor="bottom", text=f"p{share} {value:.0f} ms", showarrow=False,
            font={"color": axes.REQUEST, "size": 12},
        )
    figure.update_xaxes(title="milliseconds of wall time", rangemode="tozero", gridcolor=axes.GRID)
    figure.update_yaxes(title="commands", gridcolor=axes.GRID)
    return figure.update_layout(**axes.layout(260, bargap=0.05))


