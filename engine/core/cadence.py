"""Windows between two changes: when one ends, what it was is remembered, and the sizes that follow it are decided.

Windows begin at a phase of the slot's own, as its buckets close, so that not all slots are due at once.
"""

from __future__ import annotations

import numpy as np

from engine.core import nowcast
from engine.core.context import Context
from engine.core.decide import decide_at_window
from engine.core.effects import SlotEffects
from engine.core.state import SlotState


def end_window(state: SlotState, window: int, stale: bool, context: Context, effects: SlotEffects) -> None:
    """Ends the `window` that the watermark has left; what a stale message ends is learned, and commands nothing."""
    state.sized = window
    heard = np.flatnonzero((state.nowcast.samples > 0).any(axis=1))
    ended = nowcast.end_window(state.nowcast, window, heard)
    if not stale:
        effects.add(decide_at_window(state, ended, context))
