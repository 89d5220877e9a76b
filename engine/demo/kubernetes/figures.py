"""The report's figures: requests and usage of all pods, and of each workload's CPU requests, over the run."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from engine.demo import axes
from engine.demo.kubernetes.watch import PodWatch
from engine.units import GIB


def totals_figure(watch: PodWatch) -> str:
    """Requested against used, cores and GiB, as a part of a page that has plotly."""
    table = np.array(watch.totals)
    seconds = table[:, 0] - table[0, 0]
    figure = make_subplots(rows=1, cols=2, column_titles=list(axes.UNIT_NAME))
    for column in (0, 1):
        unit = (1.0, GIB)[column]
        lines = (("used", 3 + column, axes.ACTUAL), ("requested", 1 + column, axes.REQUEST))
        for name, at, colour in lines:
            line = {"color": colour, "shape": "hv", "width": 2}
            trace = go.Scatter(
                x=seconds, y=table[:, at] / unit, name=name, line=line, showlegend=column == 0, mode="lines"
            )
            figure.add_trace(trace, row=1, col=column + 1)
    figure.update_layout(**axes.layout(320))
    return _part(figure)


def workload_figure(watch: PodWatch, start_s: float) -> str:
    """CPU requests of one pod of each workload, in steps."""
    figure = go.Figure()
    end_s = watch.totals[-1][0] - start_s
    shown: set[str] = set()
    for name, pod in sorted(watch.pods.items()):
        if pod.workload in shown:
            continue
        shown.add(pod.workload)
        changes = [each for each in watch.changes if each.pod == name]
        x = [0.0, *(each.seen_s - start_s for each in changes), end_s]
        y = [pod.first[0], *(each.after[0] for each in changes), pod.now[0]]
        figure.add_trace(go.Scatter(x=x, y=y, name=pod.workload, line={"shape": "hv"}, mode="lines"))
    figure.update_layout(**axes.layout(360))
    figure.update_yaxes(title="CPU request of a pod, cores", **axes.AMOUNTS)
    figure.update_xaxes(title="seconds", gridcolor=axes.GRID)
    return _part(figure)


def _part(figure: go.Figure) -> str:
    part: str = figure.to_html(full_html=False, include_plotlyjs=False, config={"displayModeBar": False})
    return part
