"""The profile of a day: what the network sees of the usual highest usage by the time of day."""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.core.compiled import compiled
from engine.core.nowcast.ratio import FARTHEST, ratio
from engine.core.nowcast.record import LN2, LOWEST, STEPS
from engine.core.nowcast.state import DAY
from engine.core.rows import Array

FEATURES: Final = 14
_AMOUNTS: Final = np.array([np.nan, *(float(LOWEST) * 2.0 ** (k / float(STEPS)) for k in range(255))], np.float32)
"""Of the codes, in cores."""
_HALF: Final = 6
"""Windows in half an hour."""
_HOURS: Final = 6
_OF_CODE: Final = np.float32(LN2 / STEPS)
_TWO, _ONE, _NOTHING = np.float32(2), np.float32(1), np.float32(0)
_THREE: Final = np.float32(3)


@compiled
def describe(profile: Array, lately: Array, window: int, said: int, level: np.float32, out: Array) -> None:
    """Write the features to out float32 [FEATURES].

    said: the code of this window before it ended. lately: how far windows were from it, float32 [2].
    """
    ahead = int(profile[(window + 1) % DAY])
    for k in range(3):
        out[k] = ratio(_AMOUNTS[int(profile[(window + 1 + k) % DAY])], level)
    out[3] = _apart(np.float32(ahead), np.float32(said)) if ahead > 0 and said > 0 else _NOTHING
    out[4] = ratio(_AMOUNTS[said], level)
    high, total, count, highest = 0, 0, 0, 0
    for k in range(1, 2 * _HALF + 1):
        code = int(profile[(window + k) % DAY])
        highest = max(highest, code)
        if k <= _HALF:
            high, total, count = max(high, code), total + code, count + (code > 0)
    before_high, before_total, before_count = said, said, int(said > 0)
    for k in range(1, _HALF):
        code = int(profile[(window - k) % DAY])
        before_high, before_total = max(before_high, code), before_total + code
        before_count += code > 0
    mean = np.float32(total) / np.float32(max(count, 1))
    before = np.float32(before_total) / np.float32(max(before_count, 1))
    out[5] = ratio(_AMOUNTS[high], level)
    out[6] = ratio(_AMOUNTS[int(np.rint(mean))], level)
    out[7] = ratio(_AMOUNTS[highest], level)
    out[8] = _apart(mean, before) if count > 0 and before_count > 0 else _NOTHING
    out[9] = ratio(_AMOUNTS[before_high], level)
    out[10], out[11] = lately[0], lately[1]
    out[12] = np.float32(ahead > 0)
    out[13] = _sticks_out(profile, window)


@compiled
def _apart(code: np.float32, other: np.float32) -> np.float32:
    """Logarithm of the ratio of two codes' amounts."""
    return min(max((code - other) * _OF_CODE, -FARTHEST), FARTHEST)


@compiled
def _sticks_out(profile: Array, window: int) -> np.float32:
    """How far the next window's minute of the hour is above its neighbours, mean over this and five earlier hours."""
    total, count = _NOTHING, _NOTHING
    for hour in range(_HOURS):
        at = window + 1 - 12 * hour
        code, before, after = int(profile[at % DAY]), int(profile[(at - 1) % DAY]), int(profile[(at + 1) % DAY])
        if code > 0 and before > 0 and after > 0:
            total += np.float32(code) - np.float32(before + after) / _TWO
            count += _ONE
    return min(max(total * _OF_CODE / max(count, _ONE), -_THREE), _THREE)
