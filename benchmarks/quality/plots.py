"""One page for people: how far off each model is on each source, and what a forecast of it costs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from benchmarks.quality.compute import BATCH, NAMES, PEERS
from benchmarks.quality.scoring import Record, over_series
from benchmarks.quality.tables import of, sampled, sources_of
from engine.backtest.online import NAME as TRIMTAB

COLOURS: Final = {
    TRIMTAB: "#2563eb", "lightgbm": "#2b8a3e", "auto-ets": "#d9480f", "mstl": "#e8890c", "auto-theta": "#862e9c",
    "prophet": "#c92a2a", "holt-winters": "#0b7285", "snarimax": "#66a80f",
}  # fmt: skip
NAIVE_COLOUR: Final = "#adb5bd"
LEAD_H: Final = 4


def figure(records: Sequence[Record]) -> Any:
    """Left: median WAPE by source, CPU at 4 h, on the batch peers' sample. Right: cost against relative error."""
    some = [record for record in records if record.resource == "cpu" and record.lead_h == LEAD_H]
    sample = sampled(some) or some
    there = {record.model for record in sample}
    models = [model for model in (TRIMTAB, *PEERS, *NAMES) if model in there]
    made = make_subplots(
        rows=1, cols=2, column_widths=[0.6, 0.4], horizontal_spacing=0.08,
        subplot_titles=("CPU, 4 h ahead: WAPE, median over the series", "Error relative to trimtab's, and its price"),
    )  # fmt: skip
    sources = sources_of(sample)
    for model in models:
        made.add_trace(_points(sample, model, sources), row=1, col=1)
        made.add_trace(_price(sample, model), row=1, col=2)
    made.update_yaxes(type="category", autorange="reversed", gridcolor="#eceff3", row=1, col=1)
    made.update_xaxes(type="log", title="WAPE", gridcolor="#eceff3", row=1, col=1)
    made.update_xaxes(type="log", title="CPU µs a forecast", gridcolor="#eceff3", row=1, col=2)
    made.update_yaxes(type="log", title="geometric mean of WAPE / trimtab's", gridcolor="#eceff3", row=1, col=2)
    return made.update_layout(
        template="plotly_white", height=640, width=1400, font={"family": "system-ui, sans-serif", "color": "#1f2933"},
        legend={"orientation": "h", "y": -0.12}, margin={"l": 170, "r": 110, "t": 50, "b": 90},
    )  # fmt: skip


def _points(sample: Sequence[Record], model: str, sources: Sequence[str]) -> Any:
    found = [over_series(of(sample, model, source)) for source in sources]
    median = [one["median"] if one else None for one in found]
    return go.Scatter(x=median, y=list(sources), mode="markers", marker=_marker(model), **_legend(model))


def _price(sample: Sequence[Record], model: str) -> Any:
    found = over_series([record for record in sample if record.model == model])
    relative = 1.0 if model == TRIMTAB else (1 / found["ratio"] if found and found["ratio"] > 0 else np.nan)
    cost_us = found["slot_us" if model == TRIMTAB else "cpu_us"] if found else None
    text = "" if "+" in model else model  # halves of two rules lie between them
    return go.Scatter(
        x=[cost_us], y=[relative], text=[text], textposition="middle right", mode="markers+text",
        marker=_marker(model), hovertext=model, cliponaxis=False, **{**_legend(model), "showlegend": False},
    )  # fmt: skip


def _legend(model: str) -> dict[str, Any]:
    """The naive rules share an entry."""
    name = "naive rules" if model in NAMES else model
    return {"name": name, "legendgroup": name, "showlegend": model not in NAMES[1:]}


def _marker(model: str) -> dict[str, Any]:
    symbol = "star" if model == TRIMTAB else "diamond" if model in BATCH else "circle"
    size = 14 if model == TRIMTAB else 9
    return {"color": COLOURS.get(model, NAIVE_COLOUR), "symbol": symbol, "size": size}


def write(path: Path, records: Sequence[Record]) -> None:
    """A page that needs no network."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure(records).write_html(path, include_plotlyjs=True)
