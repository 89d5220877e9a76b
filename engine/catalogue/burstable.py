"""Burstable types: the share of each vCPU that they sustain, their baseline. Above it they spend credits.

The shares are those of Amazon's EC2 user guide, "Key concepts for burstable performance instances", table of credits:
baseline = credits an hour / vCPUs / 60 minutes. The sustained capacity of a type is its vCPUs times its baseline.
"""

from __future__ import annotations

import re
from typing import Final

_T3: Final = {
    "nano": 0.05, "micro": 0.10, "small": 0.20, "medium": 0.20, "large": 0.30, "xlarge": 0.40, "2xlarge": 0.40,
}  # fmt: skip
BASELINES: Final = {
    "t2": {
        "nano": 0.05, "micro": 0.10, "small": 0.20, "medium": 0.20, "large": 0.30, "xlarge": 0.225, "2xlarge": 0.17,
    },
    "t3": _T3,
    "t3a": _T3,
    "t4g": _T3,
}  # fmt: skip
"""Family and size to the sustained share of one vCPU each."""

_BURSTABLE: Final = re.compile(
    r"t\d\w*\..+"  # Amazon
    r"|e2-(micro|small|medium)|f1-micro|g1-small"  # Google: shared cores
    r"|Standard_B\d.*"  # Azure
)


def baseline_of(name: str) -> float | None:
    """Sustained share of each vCPU of a type: 1 where it does not burst, None where it does and none is known."""
    family, _, size = name.partition(".")
    known = BASELINES.get(family, {}).get(size)
    if known is not None:
        return known
    return None if _BURSTABLE.fullmatch(name) else 1.0
