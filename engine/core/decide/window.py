"""Sizes where a risk is stated: decided at the end of each window, by the nowcast until the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.core.decide import risk
from engine.core.decide.close import decide
from engine.core.decide.facts import bucket_at, gather
from engine.core.decide.proposals import Verdicts
from engine.core.nowcast import learn_price, requests, see
from engine.core.nowcast.record import Ended
from engine.core.rows import Array
from engine.units import BUCKET_S

if TYPE_CHECKING:
    from engine.core.context import Context
    from engine.core.decide.parameters import SizingParameters
    from engine.core.state import SlotState


def decide_at_window(slot: SlotState, ended: Ended, context: Context) -> tuple[Array, Verdicts]:
    """Decides for the rows of an ended window that follow a stated risk; returns them, int [m], and what follows."""
    parameters = context.sizing
    rows = np.unique(ended.row)
    rows = rows[by_window(slot, rows, parameters) & (slot.decide.sampled[rows] > 0).any(axis=1)]
    if not len(rows) or ended.window % round(parameters.cadence_s / BUCKET_S):
        return np.empty(0, np.int64), Verdicts()
    stated = risk.stated(slot.placement, rows, parameters)
    learn_price(slot.nowcast, rows, risk.share_above(slot.decide, rows), stated, parameters.cadence_s)
    facts = gather(slot, rows, bucket_at(slot.watermark_s), slot.watermark_s, context, near=_wanted(slot, ended, rows, stated, parameters))
    return rows, decide(slot, facts, context)


def by_window(slot: SlotState, rows: Array, parameters: SizingParameters) -> Array:
    """Rows whose sizes are decided here instead of at the close of a bucket: bool [m]."""
    if parameters.cadence_s not in CADENCES_S:
        return np.zeros(len(rows), np.bool_)
    stated: Array = ~np.isnan(risk.stated(slot.placement, rows, parameters))
    return stated.any(axis=1)
