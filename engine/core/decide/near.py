"""What the nowcast says of the rows that are decided on at the end of a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core.rows import Array

LEVELS: Final = (0.5, 0.95, 0.99)
"""Quantiles of the highest sample that stand in the evidence."""


@dataclass(frozen=True, slots=True)
class Near:
    """Of m rows, float64 in cores and bytes, NaN where it says nothing.

    request: what costs least [m, 2]. peaks: LEVELS of the highest sample until the next change [m, 2, 3], `until_s`
    seconds ahead. risk: the stated share of samples that may lie above the request [m, 2].
    """

    request: Array
    peaks: Array
    risk: Array
    until_s: float = 0.0

    @classmethod
    def silent(cls, rows: int) -> Near:
        nothing = np.full((rows, 2), np.nan)
        return cls(nothing, np.full((rows, 2, len(LEVELS)), np.nan), nothing)

    @property
    def decides(self) -> Array:
        """Where the request is its own: bool [m, 2]."""
        return ~np.isnan(self.request)
