"""A day of amounts in bytes: a logarithmic code between the day's own lowest and highest amount.

Code 0 is "missing", 1 exact zero, 2..255 are equal ratios from the lowest to the highest. A day that hardly varies is
kept almost exactly, one that spans four decades to within 2 %; no amount is scaled by another day's, so that nothing is
ever coded twice. Both ends are kept in the 16-bit code of `compact`.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.core.compiled import compiled
from engine.core.forecast.compact import amount_of, code_of
from engine.core.forecast.powers import exp2, log2
from engine.core.rows import Array

MISSING: Final = 0
_ZERO: Final = 1
_FIRST: Final = 2
_STEPS: Final = np.float32(253)
_WIDEST: Final = np.float32(1e-5)
"""What is smaller than this share of the day's highest amount is coded as that share, or as zero below its half."""
_HALF: Final = np.float32(0.5)
_NOTHING: Final = np.float32(0)
_NAN: Final = np.float32(np.nan)


@compiled
def encode(amounts: Array, codes: Array, ends: Array) -> None:
    """Write codes (uint8 [n]) and ends (uint16 [2]) of a day's amounts, float32 [n], NaN = missing."""
    low, high = _ends(amounts)
    floor = high * _WIDEST
    ends[0], ends[1] = code_of(low), code_of(high)
    begin = log2(low) if low > _NOTHING else _NOTHING
    span = log2(high) - begin if low > _NOTHING else _NOTHING
    for place in range(len(amounts)):
        amount = amounts[place]
        if np.isnan(amount):
            codes[place] = MISSING
        elif amount <= _NOTHING or amount < floor * _HALF:
            codes[place] = _ZERO
        elif amount <= low or span <= _NOTHING:
            codes[place] = _FIRST
        else:
            share = min((log2(amount) - begin) / span, np.float32(1))
            codes[place] = _FIRST + np.int64(np.rint(share * _STEPS))


@compiled
def _ends(amounts: Array) -> tuple[np.float32, np.float32]:
    """Lowest and highest of the amounts that are not as good as zero, as they are kept; 0, 0 without any."""
    high = _NOTHING
    for amount in amounts:
        high = np.fmax(high, amount)
    high = amount_of(np.uint16(code_of(high)))
    floor, low = high * _WIDEST, high
    for amount in amounts:
        if amount > _NOTHING and floor * _HALF <= amount < low:
            low = max(amount, floor)
    return min(amount_of(np.uint16(code_of(low))), high), high


@compiled
def decode(codes: Array, ends: Array, amounts: Array) -> None:
    """Write the amounts, float32 [n], of codes [n] whose lowest and highest amounts are `ends` [2]."""
    low, high = amount_of(ends[0]), amount_of(ends[1])
    step = (log2(high) - log2(low)) / _STEPS if low > _NOTHING else _NOTHING
    for place in range(len(codes)):
        code = np.int32(codes[place])
        amount = exp2(np.float32(np.int32(code - _FIRST)) * step) * low
        amount = _NOTHING if code == _ZERO else amount
        amounts[place] = _NAN if code == MISSING else amount
