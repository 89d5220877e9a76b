"""What is learned of CPU, counted in another unit: for when the catalogue says something new of a type in use.

Codes are rounded once more, by a part of their own error; the profile of the day moves by whole steps of 6 %.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.forecast.compact import decode, encode, encode_up
from engine.core.nowcast.record import STEPS
from engine.core.rows import Array
from engine.units import CPU

if TYPE_CHECKING:
    from engine.core.nowcast import NowcastRows
    from engine.core.state import SlotState

_HIGHEST_CODE: Final = 255


def recount_cpu(slot: SlotState, rows: Array, ratio: Array) -> None:
    """Multiplies all amounts of CPU that are learned of the rows int [m] by `ratio` float64 [m], in place.

    All else that is learned, such as levels, margins and prices, has no unit.
    """
    window, decide, nowcast = slot.window, slot.decide, slot.nowcast
    for table in (window.total, window.peak):
        table[rows, :, CPU] = np.rint(table[rows, :, CPU] * ratio[:, None]).astype(np.int64)
    for table in (window.last, window.previous, slot.forecast.unit, nowcast.high, nowcast.total):
        table[rows, CPU] *= ratio
    nowcast.levels[rows, CPU] *= ratio[:, None]
    for codes in (nowcast.recent, nowcast.days, decide.runs):
        codes[rows, CPU] = encode(decode(codes[rows, CPU]) * ratio[:, None])
    decide.peaks[rows, CPU] = encode_up(decode(decide.peaks[rows, CPU]) * ratio[:, None])
    _shift_profile(nowcast, rows, ratio)


def _shift_profile(nowcast: NowcastRows, rows: Array, ratio: Array) -> None:
    """Its codes are logarithms; 0 is none."""
    codes = nowcast.profile[rows].astype(np.int64)
    moved = np.clip(codes + np.rint(np.log2(ratio) * STEPS).astype(np.int64)[:, None], 1, _HIGHEST_CODE)
    nowcast.profile[rows] = np.where(codes > 0, moved, 0)
