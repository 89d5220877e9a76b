"""How times and amounts read in the report: days of the replay, cores, GiB; colours that mean one thing each."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from engine.core.rows import Array
from engine.messages import MoveTarget, Size
from engine.units import BUCKET_S, CPU, DAY_S, GIB

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
    "move": ("diamond", "#1864ab", "move"),
}
BOTTOM: Final = 34
"""Pixels below a plot."""
FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def days(time_s: Array, start_s: float) -> Array:
    """Event times as days since the replay's start."""
    since: Array = (time_s - start_s) / DAY_S
    return since


def bucket_days(buckets: Array, start_s: float) -> Array:
    """The ends of buckets as days since the replay's start."""
    return days(buckets * float(BUCKET_S), start_s)


def day(time_s: float, start_s: float) -> str:
    """Such as `day 9.51`."""
    return f"day {(time_s - start_s) / DAY_S:.2f}"


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


def machines(move: MoveTarget) -> str:
    """`m5.large → r5.large`; where a day has several, in their order."""
    return " → ".join([move.from_type, *(each.to for each in move.moves if each.to != move.from_type)])


def layout(height: int, **more: Any) -> dict[str, Any]:
    """What all figures share."""
    return {
        "height": height,
        "margin": {"l": 64, "r": 20, "t": 34, "b": BOTTOM},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "font": {"family": FONT, "size": 13, "color": INK},
        "hoverlabel": {"font": {"family": FONT, "size": 12}, "align": "left"},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        **more,
    }


DAYS: Final = {
    "tickprefix": "day ", "dtick": 1, "hoverformat": ".2f", "gridcolor": GRID, "showline": True, "linecolor": "#cbd2d9",
    "ticks": "outside", "tickcolor": "#cbd2d9",
}  # fmt: skip
AMOUNTS: Final = {"rangemode": "tozero", "gridcolor": GRID, "zeroline": False, "hoverformat": ".3~g"}
