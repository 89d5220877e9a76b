"""Amounts as ratios to the level of the last hour."""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.core.compiled import compiled
from engine.core.forecast.compact import amount_of
from engine.core.forecast.powers import log2
from engine.core.nowcast.record import LN2
from engine.core.nowcast.state import RECENT
from engine.core.rows import Array

PAD: Final = np.float32(0.01)
FARTHEST: Final = np.float32(4)
_HOUR: Final = 12
_NOTHING, _ONE = np.float32(0), np.float32(1)
_LEAST: Final = np.float32(1e-12)


@compiled
def level_of(recent: Array, usual: np.float32, window: int) -> np.float32:
    """Mean of the highest samples of the last hour's windows, or the usual usage where they were 0."""
    total, count = _NOTHING, _NOTHING
    for ago in range(_HOUR):
        amount = amount_of(recent[(window - ago) % RECENT])
        if not np.isnan(amount):
            total, count = total + amount, count + _ONE
    level = total / max(count, _ONE)
    return max(level if level > _NOTHING else usual, _LEAST)


@compiled
def ratio(amount: np.float32, level: np.float32) -> np.float32:
    """Natural logarithm of the padded ratio, at most FARTHEST from 0; 0 where there is no amount."""
    if np.isnan(amount):
        return _NOTHING
    apart = (log2(amount + PAD * level) - log2((_ONE + PAD) * level)) * LN2
    return min(max(apart, -FARTHEST), FARTHEST)
