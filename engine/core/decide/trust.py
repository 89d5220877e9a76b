"""Cuts that went wrong: remembered, taken back, and answered with more caution for some days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.core.decide.remembered import recalled
from engine.core.decide.state import NEVER, DecideRows
from engine.core.rows import Array
from engine.units import BUCKET_S

if TYPE_CHECKING:
    from engine.core.decide.facts import Facts
    from engine.core.decide.parameters import SizingParameters
    from engine.core.state import SlotState
    from engine.core.window import Closed


def distrust_at(decide: DecideRows, rows: Array, time_s: float, parameters: SizingParameters) -> Array:
    """Points of distrust float64 [m, 2], halved every half-life since they were given."""
    age = np.maximum(time_s - decide.distrust_s[rows], 0.0)
    points: Array = decide.distrust[rows] * np.exp2(-age / parameters.distrust_half_life_s)
    return points


def cool_downs_s(distrust: Array, parameters: SizingParameters) -> tuple[Array, Array]:
    """How long after a change nothing is cut, float64 [m] each: by the nowcast, and else.

    Each point of distrust [m, 2] doubles it, beginning with none by the nowcast: its cadence is the pause.
    """
    times = np.exp2(distrust.max(axis=1))
    return parameters.cadence_s * (times - 1.0), parameters.cool_down_s * times


def remember_cut(decide: DecideRows, row: int, time_s: float, before: tuple[Array, Array], after: Array) -> None:
    """A size was applied: `before` is request and limit [2] until then, `after` the changes' signs [2]."""
    cut, raised = after < 0, after > 0
    decide.cut_s[row] = np.where(cut, time_s, np.where(raised, NEVER, decide.cut_s[row]))
    decide.cut_request[row] = np.where(cut, before[0], decide.cut_request[row])
    decide.cut_limit[row] = np.where(cut, before[1], decide.cut_limit[row])


def cut_lately(slot: SlotState, rows: Array, time_s: float, parameters: SizingParameters) -> Array:
    """Whether each resource was cut so shortly before, and still is, that the cut is to blame: bool [m, 2]."""
    decide, placement = slot.decide, slot.placement
    age = time_s - decide.cut_s[rows]
    request, limit = placement.request[rows], placement.limit[rows]
    was_more = recalled(decide.cut_request[rows], request) > request
    was_more |= recalled(decide.cut_limit[rows], limit) > limit
    # A job may run again only after days.
    watch_s = np.where(placement.by_run[rows], parameters.oom_watch_s, parameters.watch_s)[:, None]
    lately: Array = (age >= 0) & (age <= watch_s) & was_more
    return lately


def size_before_cut(facts: Facts, decide: DecideRows) -> tuple[Array, Array]:
    """Requests and limits [m, 2] from before the last cuts, within bounds and no less than now; not set stays so."""
    floored = np.maximum(recalled(decide.cut_request[facts.rows], facts.request), facts.floor)
    bounded = np.where(floored > facts.ceiling, facts.ceiling, floored)
    request = np.where(np.isnan(facts.request), np.nan, np.fmax(bounded, facts.request))
    before = recalled(decide.cut_limit[facts.rows], facts.limit)
    limit = np.fmax(np.fmax(before, facts.limit), request)
    return request, np.where(np.isnan(facts.limit), np.nan, limit)


def note_near_misses(slot: SlotState, closed: Closed, parameters: SizingParameters) -> None:
    """A bucket has closed: a peak just under the limit costs a little trust, up to a point in all, once an hour.

    Limits alone count: what crosses one is throttled or killed, while a request that is nearly used is a good one.
    """
    decide, limit, bucket_s = slot.decide, slot.placement.limit, float(closed.bucket * BUCKET_S)
    with np.errstate(invalid="ignore"):
        near = (closed.peak >= (1.0 - parameters.near_miss) * limit) & (closed.peak <= limit)
    near &= decide.distress_s < bucket_s - BUCKET_S  # what did happen is no near miss
    near &= bucket_s - decide.distrust_s >= parameters.near_miss_wait_s
    if not near.any():
        return
    points = distrust_at(decide, np.arange(len(near)), bucket_s, parameters)
    nudged = np.fmax(points, np.minimum(points + parameters.near_miss_points, 1.0))
    decide.distrust[:] = np.where(near, nudged, decide.distrust)
    decide.distrust_s[:] = np.where(near, bucket_s, decide.distrust_s)


def take_back(decide: DecideRows, rows: Array, which: Array, time_s: float, parameters: SizingParameters) -> None:
    """Forgets the cuts `which` bool [m, 2] and trusts these rows a point less."""
    points = np.minimum(distrust_at(decide, rows, time_s, parameters) + 1.0, parameters.distrust_most)
    decide.distrust[rows] = np.where(which, points, decide.distrust[rows])
    decide.distrust_s[rows] = np.where(which, time_s, decide.distrust_s[rows])
    decide.cut_s[rows] = np.where(which, NEVER, decide.cut_s[rows])
