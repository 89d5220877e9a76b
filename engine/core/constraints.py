"""What bounds a container's size besides the user's terms, as a roster tells it.

Bounds are kept in whole steps (1 m, 1 MiB), rounded to the safe side: those from below up, those from above down.
float32 holds them exactly up to 16,777 cores and 16 TiB; what is above counts as that much.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from zlib import crc32

import numpy as np

from engine.core.placement import PlacementRows, amounts_of
from engine.core.rows import Array
from engine.core.steps import steps_down, steps_up
from engine.messages import ContainerSpec, LimitRange
from engine.units import BUCKET_S, MEMORY, RESOURCES

RUN_KINDS: Final = ("CronJob", "Job")
"""Kinds of workload that are sized by run, not by the clock."""
_MOST_STEPS: Final = 2.0**24
_UNBOUND: Final = LimitRange()


def believe_constraints(
    placement: PlacementRows, rows: Array, specs: Sequence[ContainerSpec], time_s: float
) -> None:
    """Takes over from a roster made at `time_s`, whose row i is `rows[i]` int [m], all but sizes and policies.

    What a quota leaves is beside the size that the roster tells: older than an applied command, it is not believed.
    """
    if not len(rows):
        return
    ranges = [spec.limit_range or _UNBOUND for spec in specs]
    left_request, left_limit = amounts_of([spec.quota_left for spec in specs])
    heaps = [np.nan if spec.heap_bytes is None else spec.heap_bytes for spec in specs]
    placement.scaled[rows] = [[resource in spec.scaled_by for resource in RESOURCES] for spec in specs]
    placement.heap[rows] = _at_least(np.stack([np.zeros(len(rows)), heaps], axis=-1))[:, MEMORY]
    placement.least[rows] = _at_least(amounts_of([each.min for each in ranges])[0])
    placement.most[rows] = _at_most(amounts_of([each.max for each in ranges])[1])
    placement.node[rows] = _at_most(amounts_of([spec.node_largest for spec in specs])[0])
    placement.by_run[rows] = [spec.workload_kind in RUN_KINDS for spec in specs]
    quota = np.stack([_at_most(left_request), _at_most(left_limit)], axis=-1)
    newer = time_s > placement.outcome_s[rows]
    placement.quota[rows[newer]] = quota[newer]
    _believe_templates(placement, rows, [spec.template for spec in specs], time_s)


def spend_quota(placement: PlacementRows, row: int, before: tuple[Array, Array], after: tuple[Array, Array]) -> None:
    """A size (request and limit [2]) was changed since the roster: the quota leaves so much less, or more."""
    used = np.nan_to_num(np.stack(after, axis=-1)) - np.nan_to_num(np.stack(before, axis=-1))
    steps = steps_up(used.T).T * placement.replicas[row]
    placement.quota[row] = np.maximum(placement.quota[row] - steps, 0.0)


def _at_least(amount: Array) -> Array:
    """Bounds from below [..., 2] in whole steps; NaN is none."""
    return np.minimum(steps_up(amount), _MOST_STEPS)


def _at_most(amount: Array) -> Array:
    """Bounds from above [..., 2] in whole steps; NaN is none."""
    return np.minimum(steps_down(amount), _MOST_STEPS)


def _believe_templates(placement: PlacementRows, rows: Array, templates: Sequence[str], time_s: float) -> None:
    """Another template than the last is a rollout. 0 is "none yet": the first to be told is not one."""
    code = np.array([crc32(template.encode()) or 1 if template else 0 for template in templates], dtype=np.uint32)
    known = placement.template[rows]
    placement.rollout_bucket[rows[(code != known) & (code != 0) & (known != 0)]] = int(time_s // BUCKET_S)
    placement.template[rows] = np.where(code == 0, known, code)
