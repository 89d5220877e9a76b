"""Quantities as Kubernetes writes them, and as people read them.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from engine.quantity import SUFFIXES
from engine.units import GIB

_QUANTITY: Final = re.compile(r"(\+?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2}(?![0-9]))?)([A-Za-z]{0,2})")
_MIB: Final = 2.0**20


def parse_quantity(text: str) -> float:
    """Amount of a quantity such as `500m` or `2Gi`, in cores or bytes. Raises ValueError, also for a negative one.

    >>> parse_quantity("500m"), parse_quantity("2Gi"), parse_quantity("1e3")
    (0.5, 2147483648.0, 1000.0)
    """
    match = _QUANTITY.fullmatch(text.strip())
    if match is None or match[2] not in SUFFIXES:
        raise ValueError(f"expected a quantity such as 500m or 2Gi, got {text!r}")
    return float(Decimal(match[1]) * SUFFIXES[match[2]])


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
