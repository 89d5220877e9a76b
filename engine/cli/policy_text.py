"""Values of a policy as people write them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from engine.messages import CpuLimit, Forecaster, Window
from engine.messages.policy import DAYS, Day
from engine.quantity import format_cpu, format_number


def value_text(name: str, value: Any) -> str:
    """The value of a field such as `floor.cpu`."""
    if value == []:
        return "at any time" if name == "windows" else "none"
    if isinstance(value, list):
        return "; ".join(map(window_text, value)) if name == "windows" else ", ".join(value)
    if isinstance(value, float):
        return next(text for part, text in _AMOUNTS.items() if part in name)(value)
    return _KINDS.get(type(value), str)(value)


def window_text(window: Window) -> str:
    """mon-fri 22:00-06:00 Europe/Berlin."""
    days = "" if window.days == DAYS else f"{_days_text(window.days)} "
    return f"{days}{window.from_}-{window.to} {window.time_zone}"


def _days_text(days: tuple[Day, ...]) -> str:
    places = sorted(map(DAYS.index, days))
    if len(places) > 2 and places[-1] - places[0] == len(places) - 1:
        return f"{DAYS[places[0]]}-{DAYS[places[-1]]}"
    return ",".join(days)


def _cpu_limit(limit: CpuLimit) -> str:
    return limit.kind if limit.ratio is None else f"{{ratio: {format_number(limit.ratio)}}}"


_KINDS: Final[dict[type, Callable[[Any], str]]] = {
    bool: lambda value: "yes" if value else "no",
    CpuLimit: _cpu_limit,
    Forecaster: lambda forecaster: str(forecaster.model),
}
_AMOUNTS: Final[dict[str, Callable[[float], str]]] = {
    "risk.": lambda share: f"{format_number(share * 100, 6)}%",
    "cost_usd": lambda usd: f"{format_number(usd)} USD",
    "restart.": lambda time_s: datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d %H:%M UTC"),
    ".cpu": format_cpu,
    ".memory": lambda amount: f"{format_number(amount / 2**20)}Mi",
}
"""By a part of a field's name, the first that fits."""
