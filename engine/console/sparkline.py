"""Series as a line of blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_BLOCKS: Final = "▁▂▃▄▅▆▇█"
MISSING: Final = "·"


def sparkline(amounts: Sequence[float | None], highest: float | None = None) -> str:
    """A block for each amount, from 0 to `highest` (by default that of the series); a dot for what is missing.

    >>> sparkline([0.0, 1.0, None, 2.0])
    '▁▅·█'
    """
    known = [amount for amount in amounts if amount is not None]
    top = max([highest or 0.0, *known], default=0.0)
    return "".join(MISSING if amount is None else _block(amount, top) for amount in amounts)


def _block(amount: float, top: float) -> str:
    return _BLOCKS[round(max(0.0, amount) / top * (len(_BLOCKS) - 1))] if top > 0 else _BLOCKS[0]
