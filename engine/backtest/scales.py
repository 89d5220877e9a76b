"""Traces in other units than cores and bytes: an exact change of scale, chosen causally.

The fold counts whole nanocores and bytes. A trace's memory may be a share of a machine or a percentage, of which a
whole byte says nothing; so such a series is multiplied by a power of two before, and its forecasts are divided by it
after: both are exact. Only the first positive amount is looked at, so that a longer trace changes nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.traces import Floats
from engine.units import GIB, LARGEST

PLAUSIBLE: Final = ((0.0, LARGEST[0]), (4096.0, LARGEST[1]))
"""A first positive amount within these is taken as cores and bytes, by resource: a page is the least memory."""
NOMINAL: Final = (1.0, GIB)
"""What the first positive amount becomes otherwise, within a factor of two."""


def scales(value: Floats) -> Floats:
    """Powers of two [2] that make amounts of a trace (float64 [n, 2] in order of time) cores and bytes."""
    return np.array([_scale(value[:, resource], resource) for resource in range(value.shape[1])])


def _scale(value: Floats, resource: int) -> float:
    with np.errstate(invalid="ignore"):
        positive = value[value > 0]
    low, high = PLAUSIBLE[resource]
    if not len(positive) or low <= positive[0] <= high:
        return 1.0
    return float(2.0 ** np.round(np.log2(NOMINAL[resource] / positive[0])))
