"""The size after an OOM kill, and what is kept in mind of it.

A kill tells one thing: at least the limit was needed; how much more was not seen. Demand that has risen by some amount
up to the kill is taken to rise by as much again, as what has lasted some time lasts as long again. So

    next limit = limit + rise before the kill, at least x 1.2 and at most x 2

Memory that stood just below its limit gets x 1.2; what ran up to it from half of it x 1.5; a start that never came to
rest has risen from nothing, and is doubled, so that a demand of D is reached after log2(D / limit) kills instead of the
log1.2 of a constant factor. The peak of the day and the forecast's p99 of the next 4 hours are the least in any case.

A raise is no floor for ever. For a week after the last kill the limit is not cut below 1.2 times the one at which it
was killed, or what has been used since with a margin if that is more. Later sizing goes by the peaks again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.core.decide.state import DecideRows
from engine.core.forecast.compact import MISSING, decode, encode
from engine.core.rows import Array
from engine.units import MEMORY

if TYPE_CHECKING:
    from engine.core.decide.parameters import SizingParameters
    from engine.core.state import SlotState


def growth(low: Array, limit: Array, repeated: Array, parameters: SizingParameters) -> Array:
    """Factor on a limit at which a container was killed that had risen from `low`; NaN of either is "not known".

    `repeated`: it was killed within the last hour at a limit that was lower, and has been raised since.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        rise = 1.0 - np.minimum(low, limit) / limit
    factor = np.clip(1.0 + np.nan_to_num(rise), parameters.urgent_raise, parameters.repeated_raise)
    again: Array = np.where(repeated, parameters.repeated_raise, factor)
    return again


def killed_again(slot: SlotState, index: Array, time_s: float, parameters: SizingParameters) -> Array:
    """Resources that were in distress within the last hour and have been changed since: bool [m, 2].

    Where nothing was changed, as by a recommendation, another kill at the same limit says nothing new.
    """
    distress_s, changed_s = slot.decide.distress_s[index], slot.decide.changed_s[index]
    again: Array = (time_s - distress_s <= parameters.repeated_s) & (changed_s[:, None] >= distress_s)
    return again


def note_kill(decide: DecideRows, rows: Array, limit: Array, parameters: SizingParameters) -> None:
    """These rows int [m] were killed at the memory limits [m] (NaN: by their node, which tells nothing)."""
    decide.oom_need[rows] = np.maximum(decide.oom_need[rows], encode(limit * parameters.urgent_raise))


def observe_need(decide: DecideRows, time_s: float, peak: Array, parameters: SizingParameters) -> None:
    """A bucket has closed: `peak` float64 [n] of memory, NaN without a sample. A week after a kill it is forgotten."""
    old = time_s - decide.distress_s[:, MEMORY] > parameters.oom_watch_s
    seen = np.maximum(decide.oom_need, encode(peak * parameters.margin[MEMORY]))
    decide.oom_need[:] = np.where(old | (decide.oom_need == MISSING), MISSING, seen)


def oom_floor(
    decide: DecideRows, rows: Array, request: Array, limit: Array, time_s: float, parameters: SizingParameters
) -> Array:
    """Requests [m, 2] that go with the limits that were lately shown to be needed; NaN without."""
    recent = time_s - decide.distress_s[rows, MEMORY] <= parameters.oom_watch_s
    need = np.where(recent, decode(decide.oom_need[rows]).astype(np.float64), np.nan)
    floor = np.full_like(request, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(limit[:, MEMORY] > 0, request[:, MEMORY] / limit[:, MEMORY], 1.0)
    floor[:, MEMORY] = need * ratio
    return floor
