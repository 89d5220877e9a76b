"""A 16-bit code of non-negative amounts that needs no scale: seven bits of exponent, nine of fraction.

It is the middle of a float32: usage has no sign, and 2^-64..2^64 holds every amount of cores and bytes. The relative
error is at most 2^-10. Code 0, with which fresh rows are filled, is "missing"; code 1 is exact zero. Codes are in the
order of the amounts, and multiplying by a power of two adds a constant, so the code is exactly scale-equivariant.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.core.rows import Array

MISSING: Final = 0
ZERO: Final = 1
_DROPPED_BITS: Final = 14
_SMALLEST: Final = np.float32(2.0**-64)
_LARGEST: Final = np.float32(2.0**64 - 3 * 2.0**54)
_OFFSET: Final = int(_SMALLEST.view(np.uint32) >> _DROPPED_BITS) - 2


def encode(amounts: Array) -> Array:
    """uint16 codes of amounts (any shape, NaN = missing), rounded to nearest; tiny is zero, huge the largest."""
    clipped = np.clip(np.asarray(amounts, np.float32), _SMALLEST, _LARGEST)
    bits = np.ascontiguousarray(clipped).view(np.uint32) + np.uint32(1 << (_DROPPED_BITS - 1))
    codes = ((bits >> np.uint32(_DROPPED_BITS)) - np.uint32(_OFFSET)).astype(np.uint16)
    codes[amounts < _SMALLEST] = ZERO
    codes[np.isnan(amounts)] = MISSING
    return codes


def _decoded() -> Array:
    codes = np.arange(2, 1 << 16, dtype=np.uint32)
    amounts = ((codes + np.uint32(_OFFSET)) << np.uint32(_DROPPED_BITS)).view(np.float32)
    return np.concatenate([np.array([np.nan, 0.0], np.float32), amounts])


_AMOUNTS: Final = _decoded()


def decode(codes: Array) -> Array:
    """float32 amounts of codes (any shape), NaN where missing."""
    return _AMOUNTS.take(codes)
