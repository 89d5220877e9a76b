"""A 16-bit code of non-negative amounts that needs no scale: seven bits of exponent, nine of fraction.

It is the middle of a float32: usage has no sign, and 2^-64..2^64 holds every amount of cores and bytes. The relative
error is at most 2^-10. Code 0, with which fresh rows are filled, is "missing"; code 1 is exact zero. Codes are in the
order of the amounts, and multiplying by a power of two adds a constant, so the code is exactly scale-equivariant.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.core.compiled import compiled
from engine.core.rows import Array

MISSING: Final = 0
ZERO: Final = 1
_DROPPED_BITS: Final = 14
_SMALLEST: Final = np.float32(2.0**-64)
_LARGEST: Final = np.float32(2.0**64 - 3 * 2.0**54)
_OFFSET: Final = int(_SMALLEST.view(np.uint32) >> _DROPPED_BITS) - 2
_LAST: Final = (1 << 16) - 1
_NOTHING: Final = np.float32(0)
_NAN: Final = np.float32(np.nan)


@compiled
def code_of(amount: np.float32) -> int:
    """Code of one amount, NaN = missing, rounded to nearest; tiny is zero, huge the largest."""
    if np.isnan(amount):
        return MISSING
    if amount < _SMALLEST:
        return ZERO
    bits = np.int64(np.float32(min(amount, _LARGEST)).view(np.uint32)) + (1 << (_DROPPED_BITS - 1))
    return int((bits >> _DROPPED_BITS) - _OFFSET)


@compiled
def amount_of(code: np.uint16) -> np.float32:
    """float32 amount of one code, NaN where missing."""
    if code <= ZERO:
        return _NOTHING if code == ZERO else _NAN
    return np.uint32((np.int64(code) + _OFFSET) << _DROPPED_BITS).view(np.float32)


def encode(amounts: Array) -> Array:
    """uint16 codes of amounts (any shape)."""
    amounts = np.asarray(amounts, np.float32)
    codes = np.empty(amounts.shape, np.uint16)
    _encode(np.ascontiguousarray(amounts).reshape(-1), codes.reshape(-1))
    return codes


@compiled
def _encode(amounts: Array, codes: Array) -> None:
    for place in range(len(amounts)):
        codes[place] = code_of(amounts[place])


def encode_up(amounts: Array) -> Array:
    """uint16 codes of amounts (any shape) that stand for no less, but for the largest; the relative error is 2^-9."""
    codes = encode(amounts)
    below = decode(codes) < np.asarray(amounts, np.float64)
    raised: Array = codes + (below & (codes < _LAST)).astype(np.uint16)
    return raised


def _decoded() -> Array:
    codes = np.arange(2, 1 << 16, dtype=np.uint32)
    amounts = ((codes + np.uint32(_OFFSET)) << np.uint32(_DROPPED_BITS)).view(np.float32)
    return np.concatenate([np.array([np.nan, 0.0], np.float32), amounts])


_AMOUNTS: Final = _decoded()


def decode(codes: Array) -> Array:
    """float32 amounts of codes (any shape), NaN where missing."""
    return _AMOUNTS.take(codes)
