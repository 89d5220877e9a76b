"""Pictures: how long commands take, what a container costs by the size of the fleet, and whether the lag grows."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
import matplotlib.pyplot as plt

COLOURS: Final = ("#1f6f8b", "#e07a1f", "#5b8c5a", "#8e5ea2")
INK: Final = "#33383d"
MOST_TICKS: Final = 8


def picture(scales: list[dict[str, Any]], file: Path) -> None:
    """One row of three panels."""
    with plt.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "text.color": INK}):
        figure, panels = plt.subplots(1, 3, figsize=(13, 3.8), layout="constrained")
        _latency(panels[0], scales)
        _cost(panels[1], scales)
        _lag(panels[2], scales)
        figure.savefig(file, dpi=120)
        plt.close(figure)


def label(containers: int) -> str:
    return f"{containers // 1_000_000} M" if containers >= 1_000_000 else f"{containers // 1000} k"


def _latency(panel: Any, scales: list[dict[str, Any]]) -> None:
    """Share of urgent commands that took longer."""
    for colour, scale in zip(COLOURS, scales, strict=False):
        took = np.sort(scale["latency"]["urgent_ms"])
        if len(took):
            panel.plot(took, 1.0 - np.arange(len(took)) / len(took), color=colour, label=label(scale["containers"]))
    panel.set(xscale="log", yscale="log", xlabel="metric to command, ms", title="Urgent commands that took longer")
    _plain(panel, [place * ten for ten in (1, 10, 100, 1000, 10_000) for place in (1, 2, 5)])
    panel.legend(frameon=False, title="containers")
    panel.grid(alpha=0.25)


def _cost(panel: Any, scales: list[dict[str, Any]]) -> None:
    containers = [scale["containers"] for scale in scales]
    for colour, name in zip(COLOURS, ("engine", "broker", "load"), strict=False):
        panel.plot(containers, [s["cpu_s_per_million"][name] for s in scales], "o-", color=colour, label=name)
    panel.set(xscale="log", xlabel="containers", title="CPU seconds a million samples")
    panel.minorticks_off()
    panel.set_xticks(containers, [label(number) for number in containers])
    panel.set_ylim(bottom=0)
    panel.legend(frameon=False)
    panel.grid(alpha=0.25)


def _lag(panel: Any, scales: list[dict[str, Any]]) -> None:
    for colour, scale in zip(COLOURS, scales, strict=False):
        series = scale["series"]
        minutes = [(entry["time_s"] - series[0]["time_s"]) / 60 for entry in series]
        lag = [max(0.0, entry["lag"]) for entry in series]
        panel.plot(minutes, lag, color=colour, lw=0.9, label=label(scale["containers"]))
    panel.set(xlabel="minutes", title="Messages sent and not folded yet")
    panel.set_ylim(bottom=0, top=max(1.0, panel.get_ylim()[1]))
    panel.grid(alpha=0.25)


def _plain(panel: Any, ticks: list[int]) -> None:
    """Ticks of the x axis as numbers, those that lie in it; of many, the powers of ten."""
    low, high = panel.get_xlim()
    shown = [tick for tick in ticks if low <= tick <= high]
    if len(shown) > MOST_TICKS:
        shown = [tick for tick in shown if str(tick).startswith("1")]
    panel.minorticks_off()
    panel.set_xticks(shown, [f"{tick:,}" for tick in shown])
