"""Sizes where a risk is stated: decided at the end of each window, by the nowcast until the next one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from engine.core.compute_units import in_cores, in_units, performance_of
from engine.core.decide import risk
from engine.core.decide.cadence import by_window, decides_at
from engine.core.decide.close import decide
from engine.core.decide.facts import bucket_at, gather
from engine.core.decide.near import LEVELS, Near
from engine.core.decide.proposals import Verdicts
from engine.core.nowcast import Ended, learn_price, requests, see
from engine.core.rows import Array

if TYPE_CHECKING:
    from engine.core.context import Context
    from engine.core.state import SlotState


def decide_at_window(slot: SlotState, ended: Ended, context: Context) -> Verdicts:
    """Decides for the rows of an ended window that follow it, and have had a sample that is not stale."""
    parameters = context.sizing
    if not decides_at(ended.window, parameters):
        return Verdicts()
    rows = np.unique(ended.row)
    rows = rows[by_window(slot, rows, parameters) & (slot.decide.sampled[rows] > 0).any(axis=1)]
    if not len(rows):
        return Verdicts()
    stated = risk.stated(slot.placement, rows, parameters)
    learn_price(slot.nowcast, rows, risk.take_share(slot.decide, rows), stated, parameters.cadence_s)
    near = _near(slot, ended, rows, stated, parameters.cadence_s)
    now_s = slot.watermark_s
    return decide(slot, gather(slot, rows, bucket_at(now_s), now_s, context, near=near), context)


def _near(slot: SlotState, ended: Ended, rows: Array, stated: Array, cadence_s: float) -> Near:
    """What the nowcast says, where a risk is stated and enough is known."""
    some = ended.of(np.isin(ended.row, rows))
    some = some.of(~np.isnan(stated[np.searchsorted(rows, some.row), some.resource]))
    sight = see(slot.nowcast, some, slot.window.last, slot.window.previous, cadence_s)
    place = np.searchsorted(rows, sight.row), sight.resource
    near, requested = Near.silent(len(rows)), slot.placement.request[rows]
    performance = performance_of(slot.placement, rows)
    now = in_units(requested, performance)[place]
    found = requests(slot.nowcast, sight, stated[place], now)
    near.request[place], near.peaks[place] = found, sight.amounts(LEVELS)
    request = in_cores(near.request, performance)
    request[place] = np.where(found == now, requested[place], request[place])  # what stays is the same to the bit
    return replace(near, request=request, peaks=in_cores(near.peaks, performance), risk=stated, until_s=cadence_s)
