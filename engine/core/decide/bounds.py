"""All that bounds a size, and what is left of a wish within it.

    floor    = greatest of  policy, LimitRange, the least that is ever decided; nor is anything cut below
               the heap that the runtime's flags allow, or what an OOM kill has shown to be needed
    ceiling  = least of     policy, LimitRange, largest node, what the namespace's quota leaves

Where the floor is above the ceiling there is no size that keeps both: then nothing changes, and the reason says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.decide.oom import oom_floor
from engine.core.decide.state import REASON
from engine.core.rows import Array
from engine.core.steps import STEPS_PER_UNIT, round_down
from engine.units import MEMORY

if TYPE_CHECKING:
    from engine.core.decide.parameters import SizingParameters
    from engine.core.state import SlotState

REQUEST, LIMIT = 0, 1
"""Last axis of a row's quota."""
_CEILINGS: Final = np.array([REASON[name] for name in ("at_ceiling", "at_limit_range", "at_node", "at_quota")], np.int8)
_FLOORS: Final = np.array(
    [REASON[name] for name in ("at_floor", "at_limit_range", "at_runtime_hint", "oom_killed_lately")], np.int8
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Amounts float64 [m, 2], cores and bytes, NaN "none"; reasons int8 [m, 2], index of REASONS, of what binds.

    floor, ceiling: of requests. limit_floor, limit_ceiling: of limits, where one is set.
    """

    floor: Array
    ceiling: Array
    limit_floor: Array
    limit_ceiling: Array
    floor_reason: Array
    ceiling_reason: Array
    limit_reason: Array

    @property
    def conflict(self) -> Array:
        """Whether no size keeps both bounds: bool [m, 2]."""
        none: Array = self.floor > self.ceiling
        return none


def bounds_of(slot: SlotState, rows: Array, time_s: float, parameters: SizingParameters) -> Bounds:
    """Bounds of the rows int [m] at a time."""
    placement = slot.placement
    request, limit = placement.request[rows], placement.limit[rows]
    within_quota = _within_quota(slot, rows)
    most = placement.most[rows] / STEPS_PER_UNIT
    limit_ceiling = np.fmin(most, within_quota[..., LIMIT])
    limit_reason = np.where(most <= limit_ceiling, REASON["at_limit_range"], REASON["at_quota"]).astype(np.int8)
    with_limit = np.where(np.isnan(limit), np.nan, within_quota[..., LIMIT])
    node = placement.node[rows] / STEPS_PER_UNIT
    ceilings = [placement.ceiling[rows], most, node, np.fmin(within_quota[..., REQUEST], with_limit)]
    ceiling, ceiling_reason = _tightest(np.stack(ceilings), _CEILINGS)
    least = np.broadcast_to(np.array(parameters.floor), ceiling.shape)
    least = np.where(ceiling > 0, np.fmin(least, ceiling), least)  # an owner's ceiling may lie below it
    stated = np.fmax(placement.floor[rows], least), placement.least[rows] / STEPS_PER_UNIT
    shown = oom_floor(slot.decide, rows, request, limit, time_s, parameters)
    # It is only never cut below, and a ceiling that was lowered since then wins.
    shown = np.where(np.isnan(shown), np.nan, np.fmin(shown, np.fmin(request, ceiling)))
    heap = _heap(slot, rows)
    floor, floor_reason = _tightest(-np.stack([*stated, np.minimum(heap, request), shown]), _FLOORS)
    heap_limit = np.minimum(heap, limit)
    return Bounds(-floor, ceiling, heap_limit, limit_ceiling, floor_reason, ceiling_reason, limit_reason)


def _tightest(bounds: Array, reasons: Array) -> tuple[Array, Array]:
    """The least of the bounds [b, m, 2] and the reason that belongs to it, the first of equal ones; NaN is none."""
    open_ended = np.where(np.isnan(bounds), np.inf, bounds)
    least = open_ended.min(axis=0)
    return np.where(np.isinf(least), np.nan, least), reasons[open_ended.argmin(axis=0)]


def _within_quota(slot: SlotState, rows: Array) -> Array:
    """Requests and limits [m, 2, 2] that all replicas may have together by the quota, but no less than they have."""
    placement = slot.placement
    now = np.stack([placement.request[rows], placement.limit[rows]], axis=-1)
    replicas = np.maximum(placement.replicas[rows], 1)[:, None, None]
    more = np.floor(placement.quota[rows] / replicas)
    held = np.nan_to_num(now)
    raised = round_down((held + more / STEPS_PER_UNIT[:, None]).swapaxes(-1, -2)).swapaxes(-1, -2)
    most: Array = np.where(more < 1, held, np.maximum(raised, held))  # less than a step is nothing
    return most


def _heap(slot: SlotState, rows: Array) -> Array:
    """Memory that the runtime takes for itself: [m, 2], nothing of CPU."""
    heap = np.full((len(rows), 2), np.nan)
    heap[:, MEMORY] = slot.placement.heap[rows] / STEPS_PER_UNIT[MEMORY]
    return heap
