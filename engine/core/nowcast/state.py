"""What the nowcast remembers of a container: about 0.5 kB for both resources.

Axis 1 is the resource. A window is five minutes of event time, named by its end; windows of a slot begin at a phase of
its own, so that not all slots are due at once. A position in a ring is a function of the window alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core.rows import Array, Rows, column

DAY: Final = 288
"""Windows in a day."""
RECENT: Final = 36
"""Windows whose highest sample is remembered one by one: three hours."""
DAYS: Final = 8
"""Days whose highest sample is remembered, the present one included."""
PROFILED: Final = np.array([True, False])
"""Whether a resource has a profile of the day. Memory hardly knows a time of day to five minutes."""
LEVELS: Final = 3
"""Exponentially weighted means: over days, hours, half an hour."""


@dataclass(slots=True)
class NowcastRows(Rows):
    """Amounts are in compute units and bytes; `uint16` ones in the code of `forecast.compact`."""

    high: Array = column(np.float32, 2)
    total: Array = column(np.float32, 2)
    samples: Array = column(np.uint16, 2)
    """Of the samples since the last window ended: highest, sum, how many."""
    last_window: Array = column(np.int32, 2, fill=-1)
    """Newest window with a sample."""
    windows: Array = column(np.uint16, 2)
    """Windows with a sample, at most 65,535."""
    recent: Array = column(np.uint16, 2, RECENT)
    days: Array = column(np.uint16, 2, DAYS)
    profile: Array = column(np.uint8, DAY)
    """Usual highest CPU by the time of day; code of `record`, 0 is none."""
    levels: Array = column(np.float32, 2, LEVELS)
    above_profile: Array = column(np.float32, 2)
    """Lately: how far windows were from the profile, with their sign and without, in natural logarithms."""

    price: Array = column(np.float32, 2)
    """Logarithm of the price of shortage over where it began; see `price`."""
    debt: Array = column(np.float32, 2)
    """Lately: share of samples above the request over the stated one, less 1."""
