"""Quantities as Kubernetes writes them: CPU 750m, 0.75 or 2; memory 512Mi, 2Gi, 1G or bytes.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/

Sums are exact: a quantity is read as a decimal number, and only then becomes a float of cores or bytes.
"""

from __future__ import annotations

import re
from decimal import Decimal
from math import ceil
from typing import Final

from engine.errors import UserError
from engine.units import CPU, LARGEST, MEMORY

_SYNTAX: Final = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(?:([eE][+-]?[0-9]{1,2})|([numkMGTPE]|[KMGTPE]i)?)")
_SUFFIXES: Final = {
    "": Decimal(1),
    **{
        suffix: Decimal(10) ** power
        for suffix, power in zip("numkMGTPE", (-9, -6, -3, 3, 6, 9, 12, 15, 18), strict=True)
    },
    **{f"{suffix}i": Decimal(2) ** (10 * power) for power, suffix in enumerate("KMGTPE", start=1)},
}
"""What an amount is multiplied by."""
_EXAMPLES: Final = {CPU: "750m, 0.75 or 2", MEMORY: "512Mi, 2Gi, 1G or a number of bytes"}


def parse_cpu(text: str) -> float:
    """CPU in cores. Raises UserError, as parse_amount does."""
    return parse_amount(text, CPU)


def parse_memory(text: str) -> float:
    """Memory in bytes. Raises UserError, as parse_amount does."""
    return parse_amount(text, MEMORY)


def parse_amount(text: str, resource: int) -> float:
    """Cores or bytes. Raises UserError when `text` is no quantity, is absurdly large, or is a part of a byte.

    >>> parse_amount("500m", CPU), parse_amount("2Gi", MEMORY), parse_amount("1e3", MEMORY)
    (0.5, 2147483648.0, 1000.0)
    """
    found = _SYNTAX.fullmatch(text.strip())
    name = ("CPU", "memory")[resource]
    if found is None:
        raise UserError(f"'{text}' is not an amount of {name} as Kubernetes writes it, such as {_EXAMPLES[resource]}")
    number, exponent, suffix = found.groups()
    amount = Decimal(number + (exponent or "")) * _SUFFIXES[suffix or ""]
    if amount > Decimal(LARGEST[resource]):
        raise UserError(f"'{text}' is more {name} than any machine has; write it as {_EXAMPLES[resource]}")
    if resource == MEMORY and 0 < amount < 1:  # Kubernetes takes 512m for half a byte: nobody means that
        raise UserError(f"'{text}' is less than one byte of memory: m means a thousandth, Mi is meant perhaps")
    return float(amount)


def format_number(value: float, digits: int = 3) -> str:
    """A plain number with at most `digits` decimals and no trailing zeros."""
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_cpu(cores: float) -> str:
    """In millicores, such as 937.5m."""
    return f"{format_number(cores * 1000)}m"


def whole_millicores(cores: float) -> int:
    """Rounded up, as Kubernetes takes no parts of a millicore; a millionth above is an error of floats, not a need."""
    return ceil(cores * 1000 - 1e-6)
