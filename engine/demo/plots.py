"""The report's figure of one container: demand, forecast, size and decisions on one time axis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from textwrap import wrap
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from engine.core.forecast import LEADS
from engine.core.rows import Array
from engine.demo import axes
from engine.demo.trajectories import LEAD_4H, P05, P50, P95, Trajectories
from engine.messages import Decision, Outcome
from engine.units import BUCKET_S, CPU, RESOURCES

Figure = Any  # plotly is untyped


def container_figure(
    trajectories: Trajectories,
    container: str,
    decisions: Iterable[Decision],
    outcomes: Mapping[str, Outcome],
    pilot_s: float,
    start_s: float,
) -> Figure:
    """Actual against the 4 h forecast with its band, request and limit, decisions as markers; CPU above memory.

    A resource of which there is no value is left out. `pilot_s`: when auto-pilot was turned on.
    """
    row = trajectories.containers.index(container)
    resources = [r for r in range(len(RESOURCES)) if not np.isnan(trajectories.mean[row, :, r]).all()] or [CPU]
    figure = make_subplots(rows=len(resources), cols=1, shared_xaxes=True, vertical_spacing=0.07)
    begin_s = trajectories.first * BUCKET_S
    mine = [d for d in decisions if d.container == container and d.action in axes.MARKER and d.time_s >= begin_s]
    for place, resource in enumerate(resources, start=1):
        traces = [
            *_forecast(trajectories, row, resource, start_s),
            *_lines(trajectories, row, resource, start_s),
            *_markers(mine, outcomes, resource, start_s),
        ]
        for trace in traces:
            trace.showlegend = trace.showlegend is not False and place == 1
            figure.add_trace(trace, row=place, col=1)
        highest = _highest(trajectories, row, resource, mine)
        figure.update_yaxes(title=axes.UNIT_NAME[resource], range=[0, highest], **axes.AMOUNTS, row=place, col=1)
    ends = axes.bucket_days(trajectories.buckets[[0, -1]], start_s)
    figure.update_xaxes(range=ends.tolist(), **axes.DAYS)
    mark_pilot(figure, pilot_s, start_s)
    return figure.update_layout(**axes.layout(190 + 190 * len(resources), hovermode="x"))


def mark_pilot(figure: Figure, pilot_s: float, start_s: float, text: str = "auto-pilot on", **place: int) -> None:
    """A dashed line where auto-pilot was turned on."""
    x = float(axes.days(np.array(pilot_s), start_s))
    figure.add_vline(x=x, line={"color": axes.PILOT, "dash": "dash", "width": 1.5}, **place)
    figure.add_annotation(
        x=x, y=1.0, yref="y domain", text=f" {text}", showarrow=False, xanchor="left", yanchor="top",
        font={"color": axes.PILOT, "size": 12}, bgcolor="rgba(255,255,255,0.8)", **place,
    )


def _forecast(trajectories: Trajectories, row: int, resource: int, start_s: float) -> list[Figure]:
    """p05..p95 as a band and p50 as a line, drawn where they were aimed: four hours after they were made."""
    when = axes.bucket_days(trajectories.origins + LEADS[LEAD_4H], start_s)
    value = trajectories.quantiles[row, :, resource, LEAD_4H] / axes.UNIT[resource]
    band = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    return [
        go.Scatter(x=when, y=value[:, P05], showlegend=False, **band),
        go.Scatter(x=when, y=value[:, P95], fill="tonexty", fillcolor=axes.BAND, name="4 h forecast, 5–95 %", **band),
        _line(when, value[:, P50], "4 h forecast", color=axes.FORECAST, width=1.6),
    ]


def _lines(trajectories: Trajectories, row: int, resource: int, start_s: float) -> list[Figure]:
    when = axes.bucket_days(trajectories.buckets, start_s)
    mean, request, limit = (
        part[row, :, resource] / axes.UNIT[resource]
        for part in (trajectories.mean, trajectories.request, trajectories.limit)
    )
    return [
        _line(when, mean, "actual", color=axes.ACTUAL, width=1.1),
        _line(when, limit, "limit", color=axes.LIMIT, width=1.4, dash="dot", shape="hv"),
        _line(when, request, "request", color=axes.REQUEST, width=2.2, shape="hv"),
    ]


def _highest(trajectories: Trajectories, row: int, resource: int, decisions: list[Decision]) -> float:
    """Upper end of the axis: room for all but the limit, which may lie far above what matters."""
    shown = [
        trajectories.mean[row, :, resource],
        trajectories.request[row, :, resource],
        trajectories.quantiles[row, :, resource, LEAD_4H, P95],
        np.array([_request(d, resource) for d in decisions if _changes(d, resource)]),
    ]
    known = np.concatenate(shown)
    known = known[~np.isnan(known)]
    return 1.12 * float(known.max(initial=0.0)) / axes.UNIT[resource]


def _line(x: Array, y: Array, name: str, **line: Any) -> Figure:
    return go.Scatter(x=x, y=y, name=name, mode="lines", line=line)


def _markers(
    decisions: list[Decision], outcomes: Mapping[str, Outcome], resource: int, start_s: float
) -> list[Figure]:
    """At the size that was wanted, one trace per kind; empty ones are left out."""
    traces = []
    for action, (symbol, color, name) in axes.MARKER.items():
        some = [d for d in decisions if d.action == action and _changes(d, resource)]
        if some:
            times = axes.days(np.array([d.time_s for d in some]), start_s)
            wanted = np.array([_request(d, resource) for d in some]) / axes.UNIT[resource]
            marker = {"symbol": symbol, "color": color, "size": 11, "line": {"color": "white", "width": 1}}
            traces.append(
                go.Scatter(
                    x=times, y=wanted, name=name, mode="markers", marker=marker,
                    text=[_hover(d, outcomes.get(d.id)) for d in some], hovertemplate="%{text}<extra></extra>",
                )
            )
    return traces


def _changes(decision: Decision, resource: int) -> bool:
    current, target = decision.current, decision.target
    if decision.move is not None:
        return True  # both resources move, at the size that they have
    if resource == CPU:
        return current.cpu_request != target.cpu_request
    return current.memory_request != target.memory_request


def _request(decision: Decision, resource: int) -> float:
    value = decision.target.cpu_request if resource == CPU else decision.target.memory_request
    return float("nan") if value is None else value


def _hover(decision: Decision, outcome: Outcome | None) -> str:
    became = decision.disposition if outcome is None else f"{outcome.status} {outcome.reason}".strip()
    lines = [
        f"<b>{decision.action.replace('_', ' ')}</b> ({became})",
        escape(axes.change(decision.current, decision.target)),
        *(escape(line) for line in wrap(decision.text, 70)),
        f"saves ${decision.monthly_saving_usd:,.2f} a month",
    ]
    return "<br>".join(lines)


def since(trajectories: Trajectories, time_s: float) -> Trajectories:
    """The part from a time on: what a figure shows need not start with the warm-up."""
    skip = max(0, int(time_s // BUCKET_S) - trajectories.first)
    hours = int((trajectories.origins < trajectories.first + skip).sum())
    later = {name: getattr(trajectories, name)[:, skip:] for name in ("mean", "peak", "request", "limit")}
    quantiles = trajectories.quantiles[:, hours:]
    return Trajectories(trajectories.containers, trajectories.first + skip, **later, quantiles=quantiles)
