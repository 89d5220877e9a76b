"""Whole steps of a size: 1 millicore, 1 MiB. Amounts are float64, by resource on the last axis; NaN stays."""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.core.rows import Array
from engine.units import STEP

STEPS_PER_UNIT: Final = np.array([1000.0, 2.0**-20])
"""Dividing whole steps by this gives the decimal nearest to 0.301; multiplying by 0.001 would not."""
_SLIVER: Final = 1e-3
"""Of a step: what binary fractions and float32 peaks add to a whole step is not another step."""

assert np.allclose(STEPS_PER_UNIT * np.array(STEP), 1.0)


def steps_up(amount: Array) -> Array:
    """How many steps hold it."""
    steps: Array = np.ceil(amount * STEPS_PER_UNIT - _SLIVER)
    return steps


def steps_down(amount: Array) -> Array:
    """How many steps it holds."""
    steps: Array = np.floor(amount * STEPS_PER_UNIT + _SLIVER)
    return steps


def round_up(amount: Array) -> Array:
    """To whole steps, upwards."""
    rounded: Array = steps_up(amount) / STEPS_PER_UNIT
    return rounded


def round_down(amount: Array) -> Array:
    """To whole steps, downwards."""
    rounded: Array = steps_down(amount) / STEPS_PER_UNIT
    return rounded


def round_nearest(amount: Array) -> Array:
    """To whole steps, the nearest."""
    rounded: Array = np.rint(amount * STEPS_PER_UNIT) / STEPS_PER_UNIT
    return rounded
