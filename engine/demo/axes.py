"""How times and amounts read in the report: days of the replay, cores, GiB; colours that mean one thing each."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from engine.core.rows import Array
from engine.messages import Size
from engine.units import BUCKET_S, CPU, GIB

DAY_S: Final = 86_400
MI: Final = float(2**20)
UNIT: Final = (1.0, GIB)
UNIT_NAME: Final = ("CPU, cores", "memory, GiB")

INK: Final = "#1f2933"
ACTUAL: Final = "#334155"
FORECAST: Final = "#2563eb"
BAND: Final = "rgba(37, 99, 235, 0.16)"
REQUEST: Final = "#d9480f"
LIMIT: Final = "#adb5bd"
PILOT: Final = "#0b7285"
GRID: Final = "#eceff3"
MARKER: Final = {
    "resize_down": ("triangle-down", "#2b8a3e", "resize down"),
    "resize_up": ("triangle-up", "#e8890c", "resize up"),
    "urgent_up": ("star", "#c92a2a", "urgent up"),
    "rollback": ("x", "#862e9c", "rollback"),
}
FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def milliseconds(time_s: Array, start_s: float) -> Array:
    """Event times as plotly's dates, counted so that the replay's first day is the first of January: day 1."""
    shifted: Array = (time_s - midnight(start_s)) * 1000.0
    return shifted


def bucket_milliseconds(buckets: Array, start_s: float) -> Array:
    """The ends of buckets as plotly's dates."""
    return milliseconds(buckets * float(BUCKET_S), start_s)


def midnight(time_s: float) -> float:
    return time_s // DAY_S * DAY_S


def day_and_time(time_s: float, start_s: float) -> str:
    """Such as `day 9 14:35`."""
    since = time_s - midnight(start_s)
    minutes = int(since % DAY_S) // 60
    return f"day {int(since // DAY_S) + 1} {minutes // 60:02d}:{minutes % 60:02d}"


def amount(value: float | None, resource: int) -> str:
    """Such as `250 m`, `1.5 cores`, `640 MiB`, `2.25 GiB`; a dash where not set."""
    if value is None or np.isnan(value):
        return "–"
    if resource == CPU:
        return f"{value * 1000:.0f} m" if value < 1 else f"{value:.4g} cores"
    return f"{value / MI:.0f} MiB" if value < GIB else f"{value / GIB:.4g} GiB"


def change(current: Size, target: Size) -> str:
    """Requests before and after, only the resources that change: `CPU 1 cores → 500 m`."""
    parts = []
    pairs = ((current.cpu_request, target.cpu_request), (current.memory_request, target.memory_request))
    for resource, (before, after) in enumerate(pairs):
        if before != after:
            parts.append(f"{('CPU', 'memory')[resource]} {amount(before, resource)} → {amount(after, resource)}")
    return "; ".join(parts)


def layout(height: int, **more: Any) -> dict[str, Any]:
    """What all figures share."""
    return {
        "height": height,
        "margin": {"l": 64, "r": 20, "t": 34, "b": 34},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "font": {"family": FONT, "size": 13, "color": INK},
        "hoverlabel": {"font": {"family": FONT, "size": 12}, "align": "left"},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        **more,
    }


DAYS: Final = {
    "type": "date", "tickformat": "day %-j", "dtick": DAY_S * 1000, "hoverformat": "day %-j %H:%M", "gridcolor": GRID,
    "showline": True, "linecolor": "#cbd2d9", "ticks": "outside", "tickcolor": "#cbd2d9",
}
AMOUNTS: Final = {"rangemode": "tozero", "gridcolor": GRID, "zeroline": False, "hoverformat": ".3~g"}
