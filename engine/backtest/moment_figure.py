"""The figure of one forecast: what was known, what each expert said, the quantiles, and what came."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import plotly.graph_objects as go

from engine.backtest.figures import AXIS, BAND, FORECAST, INK, LAYOUT, OTHER, amounts
from engine.backtest.moment import FAN, Moment
from engine.backtest.naive import at
from engine.backtest.table import duration
from engine.backtest.times import is_calendar, times
from engine.units import BUCKET_S

Figure = Any  # plotly is untyped
SHOWN: Final = 4 * 288
"""Buckets of the past that are shown."""
EXPERT: Final = "#e8890c"
SHIFT: Final = "#0b7285"


def moment_figure(moment: Moment) -> Figure:
    """Four days of the past, the curve of the forecast with its band, the experts at the target sized by weight."""
    series, origin = moment.series, moment.origin
    shown = np.arange(max(series.first, origin - SHOWN), origin + FAN[-1] + 1)
    past, future = shown[shown <= origin], shown[(shown >= origin)]
    ahead = times(origin + np.array(FAN), series.first)
    band = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "x": ahead}
    figure = go.Figure(
        [
            _line(times(past, series.first), at(series, past), "known", INK, 1.4),
            _line(times(future, series.first), at(series, future), "came later", OTHER, 1.4),
            go.Scatter(y=amounts(moment.fan[:, 0]), showlegend=False, **band),
            go.Scatter(y=amounts(moment.fan[:, 2]), fill="tonexty", fillcolor=BAND, name="5–95 %", **band),
            _line(ahead, moment.fan[:, 1], "median", FORECAST, 1.8),
            _experts(moment),
        ]
    )
    _mark(figure, moment, origin, "origin", INK)
    if moment.shift is not None and moment.shift >= shown[0]:
        _mark(figure, moment, moment.shift, "last change of level", SHIFT)
    figure.update_yaxes(title=series.resource, rangemode="tozero", hoverformat=".4~g", **AXIS)
    figure.update_xaxes(**AXIS, tickprefix="" if is_calendar(series.first) else "day ")
    title = f"{series.series_id}, {series.resource}, {duration(moment.lead * BUCKET_S)} ahead"
    return figure.update_layout(**LAYOUT | {"height": 560, "hovermode": "closest", "title": {"text": title, "y": 0.98}})


def _experts(moment: Moment) -> Figure:
    speaking = [expert for expert in moment.experts if expert.said is not None]
    target = times(np.array([moment.origin + moment.lead]), moment.series.first)[0]
    return go.Scatter(
        x=[target] * len(speaking),
        y=[expert.said for expert in speaking],
        mode="markers",
        name="experts, by weight",
        marker={"color": EXPERT, "opacity": 0.7, "size": [6 + 24 * expert.weight**0.5 for expert in speaking]},
        text=[f"{expert.name}: weight {expert.weight:.1%}" for expert in speaking],
        hovertemplate="%{text}<br>%{y:.4~g}<extra></extra>",
    )


def _mark(figure: Figure, moment: Moment, bucket: int, text: str, color: str) -> None:
    x = times(np.array([bucket]), moment.series.first)[0]
    figure.add_shape(type="line", x0=x, x1=x, y0=0, y1=1, yref="paper", line={"color": color, "dash": "dot"})
    figure.add_annotation(x=x, y=1, yref="paper", text=f" {text}", showarrow=False, xanchor="left", yanchor="top")


def _line(x: Any, y: Any, name: str, color: str, width: float) -> Figure:
    return go.Scatter(x=x, y=amounts(y), name=name, mode="lines", line={"color": color, "width": width})
