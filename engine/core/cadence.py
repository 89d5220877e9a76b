"""Windows between two changes: when one ends, what it was is remembered, and the sizes that follow it are decided.

Windows begin at a phase of the slot's own, as its buckets close, so that not all slots are due at once.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np

from engine.core import nowcast
from engine.core.context import Context
from engine.core.decide import decide_at_window
from engine.core.effects import SlotEffects
from engine.core.state import SlotState
from engine.units import BUCKET_S


def window_ends(state: SlotState, context: Context) -> bool:
    """Whether the watermark has left the last window."""
    return _window(state, context) > state.sized


def end_window(state: SlotState, stale: bool, context: Context, effects: SlotEffects) -> None:
    """Ends the window that the watermark has left; what a stale message ends is learned, and commands nothing."""
    state.sized = _window(state, context)
    heard = np.flatnonzero((state.nowcast.samples > 0).any(axis=1))
    ended = nowcast.end_window(state.nowcast, state.sized, heard)
    if not stale:
        effects.add(decide_at_window(state, ended, context))


def _window(state: SlotState, context: Context) -> int:
    phase_s = crc32(state.key.encode()) % int(context.time.stagger_s + 1)
    return int((state.watermark_s - phase_s) // BUCKET_S)
