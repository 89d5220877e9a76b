"""Numbers as people read them, the same on the screen and in the report; a dash for what is not known."""

from __future__ import annotations


def usd(amount: float | None) -> str:
    return "–" if amount is None else f"{'−' if amount < 0 else ''}${abs(amount):,.0f}"


def ratio(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def milliseconds(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f} ms"


def lead(seconds: int) -> str:
    """Such as `15 min`, `4 h`."""
    return f"{seconds // 60} min" if seconds % 3600 else f"{seconds // 3600} h"


def buckets(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def count(number: int, singular: str, plural: str = "") -> str:
    """Such as `1 slot`, `1,200 commands`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
