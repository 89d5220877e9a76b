"""Names that people and kernels choose, as names of a cluster."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

LONGEST: Final = 253


def sanitised(name: str) -> str:
    """Lower case letters, digits, dots and dashes, as Kubernetes has them; `unnamed` when nothing is left.

    >>> sanitised("EC2_cpu/5f 5533")
    'ec2-cpu-5f-5533'
    """
    plain = re.sub(r"[^a-z0-9.]+", "-", name.lower())[:LONGEST].strip("-.")
    return plain or "unnamed"


def unique(names: Iterable[str]) -> list[str]:
    """The names, those that were there before with a number at the end.

    >>> unique(["a", "b", "a"])
    ['a', 'b', 'a-2']
    """
    seen: set[str] = set()
    result = []
    for name in names:
        candidate, number = name, 1
        while candidate in seen:
            number += 1
            candidate = f"{name[:LONGEST - 8]}-{number}"
        seen.add(candidate)
        result.append(candidate)
    return result
