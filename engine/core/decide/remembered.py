"""Sizes that are remembered: float32 in the rows, and exact where they are read.

Whole steps (1 m, 1 MiB) come back as they were, up to 8,192 cores and 16 TiB. Sizes that people and other programs set
need not be whole steps: such a one is off by 2**-24 of it at most, and exact where it is known from elsewhere.
"""

from __future__ import annotations

import numpy as np

from engine.core.rows import Array
from engine.core.steps import STEPS_PER_UNIT


def recalled(kept: Array, *known: Array) -> Array:
    """The sizes float64 [..., 2] that were `kept` as float32, NaN where not set.

    What one of the `known` sizes float64 [..., 2] would be kept as is that size: a size that was left alone does not
    differ from the present one, nor does one at a bound lie beyond it.
    """
    steps = np.rint(kept.astype(np.float64) * STEPS_PER_UNIT) / STEPS_PER_UNIT
    found: Array = np.where(steps.astype(np.float32) == kept, steps, kept)
    for size in known:
        found = np.where(size.astype(np.float32) == kept, size, found)
    return found
