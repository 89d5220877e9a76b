"""Windows between two changes: when one ends, what it was is remembered, and sizes with a stated risk are decided."""

from __future__ import annotations

from zlib import crc32

import numpy as np

from engine.core.context import Context
from engine.core.decide import decide_at_window
from engine.core.effects import SlotEffects
from engine.core.nowcast import end_window
from engine.core.rows import Array
from engine.core.state import SlotState
from engine.units import BUCKET_S


def end_windows(state: SlotState, stale: bool, context: Context, effects: SlotEffects) -> Array:
    """Ends the window that the watermark has left; decides then, unless what ended it is stale.

    Returns the rows that were decided on, int [m]. Windows begin at a phase of the slot's own, as buckets close.
    """
    phase_s = crc32(state.key.encode()) % int(context.time.stagger_s + 1)
    window = int((state.watermark_s - phase_s) // BUCKET_S)
    if window <= state.sized:
        return np.empty(0, np.int64)
    state.sized = window
    heard = np.flatnonzero((state.nowcast.count > 0).any(axis=1))
    if not len(heard):
        return heard
    ended = end_window(state.nowcast, window, heard)
    if stale:
        return np.empty(0, np.int64)
    rows, verdicts = decide_at_window(state, ended, context)
    effects.decisions.extend(verdicts.decisions)
    effects.commands.extend(verdicts.commands)
    return rows
