"""Powers of two and logarithms to base two from IEEE arithmetic alone: the same to the bit on every processor.

Errors are below two units in the last place of float32; those of logarithms near zero below 1e-11.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from engine.core.compiled import compiled

_FRACTION_BITS: Final = 23
_TABLE_BITS: Final = 9
_REST: Final = (1 << (_FRACTION_BITS - _TABLE_BITS)) - 1
_BIAS: Final = 127
_HALF: Final = np.float32(0.5)
_LOG2: Final = np.array([math.log2(1 + k / (1 << _TABLE_BITS)) for k in range(1 << _TABLE_BITS)])
_LOG2_E: Final = math.log2(math.e)
_LOWEST, _HIGHEST = np.float32(-100), np.float32(127)
_P: Final = tuple(np.float32(math.log(2) ** k / math.factorial(k)) for k in range(8))


@compiled
def exp2(power: np.float32) -> np.float32:
    """2 to this power, which is clipped to -100..127: away from what some processors take for zero."""
    clipped = min(max(power, _LOWEST), _HIGHEST)
    whole = np.floor(clipped + _HALF)
    x = clipped - whole
    y = _P[7]
    y = y * x + _P[6]
    y = y * x + _P[5]
    y = y * x + _P[4]
    y = y * x + _P[3]
    y = y * x + _P[2]
    y = y * x + _P[1]
    y = y * x + _P[0]
    return np.float32(y * np.uint32((np.int32(whole) + _BIAS) << _FRACTION_BITS).view(np.float32))


@compiled
def log2(amount: np.float32) -> np.float32:
    """Of a positive, normal, finite amount."""
    bits = np.float32(amount).view(np.uint32)
    exponent = np.int64(bits >> np.uint32(_FRACTION_BITS)) - _BIAS
    place = np.int64(bits >> np.uint32(_FRACTION_BITS - _TABLE_BITS)) & ((1 << _TABLE_BITS) - 1)
    begin = 1.0 + place * (1.0 / (1 << _TABLE_BITS))
    above = (np.int64(bits) & _REST) * (1.0 / (1 << _FRACTION_BITS)) / begin  # below 2^-9
    return np.float32(exponent + _LOG2[place] + _LOG2_E * (above - above * above * (0.5 - above * (1.0 / 3.0))))
