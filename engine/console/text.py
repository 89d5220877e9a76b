"""Times, amounts and sizes as kubectl writes them."""

from __future__ import annotations

import re
from typing import Final

from engine.errors import UserError
from engine.messages import Size
from engine.quantity import format_cpu, format_number
from engine.topics import milliseconds
from engine.units import CPU, DAY_S, HOUR_S, MEMORY, STEP

NONE: Final = "<none>"
UNKNOWN: Final = "<unknown>"
_MINUTE_S: Final = 60


def age_text(seconds: float) -> str:
    """As `kubectl get` writes an age: two parts while they tell something, k8s.io/apimachinery `HumanDuration`.

    >>> age_text(119), age_text(130), age_text(7200), age_text(13_000), age_text(200_000)
    ('119s', '2m10s', '120m', '3h36m', '2d7h')
    """
    whole = max(0, int(seconds))
    minutes, hours, days = whole // _MINUTE_S, whole // HOUR_S, whole // DAY_S
    for until, text in (
        (whole < 2 * _MINUTE_S, f"{whole}s"),
        (minutes < 10, _two(minutes, "m", whole % 60, "s")),
        (hours < 3, f"{minutes}m"),
        (hours < 8, _two(hours, "h", minutes % 60, "m")),
        (hours < 48, f"{hours}h"),
        (days < 8, _two(days, "d", hours % 24, "h")),
    ):
        if until:
            return text
    return f"{days}d" if days < 2 * 365 else f"{days // 365}y{days % 365}d"


def _two(large: int, unit: str, small: int, part: str) -> str:
    return f"{large}{unit}{small}{part}" if small else f"{large}{unit}"


def seconds_of(duration: str) -> float:
    """30m, 6h or 7d in seconds. Raises UserError."""
    if not re.fullmatch(r"[1-9][0-9]{0,6}[smhd]", duration):
        raise UserError(f"--since: expected a time such as 30m, 6h or 7d, got {duration!r}")
    return milliseconds(duration) / 1000


def amount_text(amount: float | None, resource: int) -> str:
    """500m, 512Mi."""
    if amount is None:
        return NONE
    return format_cpu(amount) if resource == CPU else f"{format_number(amount / STEP[MEMORY], 1)}Mi"


def change_text(before: float | None, after: float | None, resource: int) -> str:
    """500m, or 500m->620m where it changes."""
    now, then = amount_text(before, resource), amount_text(after, resource)
    return now if now == then else f"{now}->{then}"


def requests(size: Size) -> tuple[float | None, float | None]:
    return size.cpu_request, size.memory_request


def limits(size: Size) -> tuple[float | None, float | None]:
    return size.cpu_limit, size.memory_limit


def money_text(usd: float) -> str:
    """USD a month; what costs is negative."""
    return f"{usd + 0.0:.2f}"
