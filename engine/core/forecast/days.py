"""A day of amounts in bytes: a logarithmic code between the day's own lowest and highest amount.

Code 0 is "missing", 1 exact zero, 2..255 are equal ratios from the lowest to the highest. A day that hardly varies is
kept almost exactly, one that spans four decades to within 2 %; no amount is scaled by another day's, so that nothing is
ever coded twice. Both ends are kept in the 16-bit code of `compact`.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.core.forecast import compact
from engine.core.rows import Array

MISSING: Final = 0
_ZERO: Final = 1
_FIRST: Final = 2
_STEPS: Final = 253
_WIDEST: Final = np.float32(1e-5)
"""What is smaller than this share of the day's highest amount is coded as that share, or as zero below its half."""


def encode(amounts: Array) -> tuple[Array, Array]:
    """Codes uint8 [m, n] and ends uint16 [m, 2] of a day's float32 [m, n], NaN = missing."""
    high = np.fmax.reduce(amounts, axis=-1, initial=np.float32(0))
    high = compact.decode(compact.encode(high))
    floor = (high * _WIDEST)[:, None]
    present = amounts >= floor * np.float32(0.5)
    low = np.where(present & (amounts > 0), np.maximum(amounts, floor), np.float32(np.inf)).min(axis=-1)
    low = np.minimum(compact.decode(compact.encode(low)), high)
    span = np.log(np.divide(high, low, out=np.ones_like(high), where=low > 0))[:, None]
    above = np.log(np.clip(amounts / np.where(low > 0, low, np.float32(1))[:, None], 1, None))
    share = np.divide(above, span, out=np.zeros_like(above), where=span > 0)
    steps = np.rint(np.clip(np.nan_to_num(share), 0, 1) * np.float32(_STEPS))
    codes = (steps + _FIRST).astype(np.uint8)
    codes[~present | (amounts <= 0)] = _ZERO
    codes[np.isnan(amounts)] = MISSING
    return codes, compact.encode(np.stack([low, high], axis=-1))


def decode(codes: Array, ends: Array) -> Array:
    """float32 [..., n] of codes [..., n] whose lowest and highest amounts are ends [..., 2]."""
    low, high = np.moveaxis(compact.decode(ends), -1, 0)
    span = np.log(np.divide(high, low, out=np.ones_like(high), where=low > 0))
    amounts: Array = _EXPONENT.take(codes) * span[..., None]
    np.exp(amounts, out=amounts)
    amounts *= low[..., None]
    amounts[codes == _ZERO] = 0
    return amounts


_EXPONENT: Final = np.concatenate(
    [np.array([np.nan, 0], np.float32), np.arange(_STEPS + 1, dtype=np.float32) / np.float32(_STEPS)]
)
