"""Amounts as people read them; `engine.quantity` has the exact ones."""

from __future__ import annotations

from typing import Final

from engine.units import GIB

_MIB: Final = 2.0**20


def cores(amount: float) -> str:
    """Cores for people: millicores below one.

    >>> cores(0.25), cores(1.5), cores(0.0004)
    ('250m', '1.50', '0.4m')
    """
    millicores = amount * 1000
    if not amount:
        return "0"
    if round(millicores) >= 1000:
        return f"{amount:.2f}"
    return f"{millicores:.0f}m" if millicores >= 1 else f"{millicores:.1g}m"


def memory(amount: float) -> str:
    """Bytes for people.

    >>> memory(2.0**31), memory(3.0 * 2**20), memory(1000.0)
    ('2.00Gi', '3Mi', '1Ki')
    """
    if not amount:
        return "0"
    if round(amount / _MIB) >= 1024:
        return f"{amount / GIB:.2f}Gi"
    return f"{amount / _MIB:.0f}Mi" if amount >= _MIB else f"{amount / 1024:.0f}Ki"


FORMATS: Final = (cores, memory)
"""How an amount is written, by resource."""
