"""What bounds and shapes a container's size besides its policy's floor and ceiling, as a roster tells it.

Bounds are kept in whole steps (1 m, 1 MiB), rounded to the safe side: those from below up, those from above down.
float32 holds them exactly up to 16,777 cores and 16 TiB; what is above counts as that much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zlib import crc32

import numpy as np

from engine.core.rows import Array
from engine.messages import ContainerSpec, CpuLimit, Policy, Size
from engine.units import BUCKET_S, RESOURCES, STEP

if TYPE_CHECKING:
    from engine.core.placement import PlacementRows

CPU_LIMITS: Final = ("keep", "none", "ratio", "forecast")
"""Kinds of a policy on CPU limits, stored by position."""
RUN_KINDS: Final = ("CronJob", "Job")
"""Kinds of workload that are sized by run, not by the clock."""
_STEPS: Final = np.array(STEP)
_SLIVER: Final = 1e-3
_MOST_STEPS: Final = 2.0**24


def believe_constraints(placement: PlacementRows, row: int, spec: ContainerSpec, time_s: float) -> None:
    """Takes over from a row of a roster made at `time_s` all but the size, the quota and the policy's bounds."""
    limit_range = spec.limit_range
    placement.scaled[row] = [resource in spec.scaled_by for resource in RESOURCES]
    placement.heap[row] = np.nan if spec.heap_bytes is None else steps_up(np.array([0.0, spec.heap_bytes]))[1]
    placement.least[row] = steps_up(_requests(limit_range.min if limit_range else None))
    placement.most[row] = steps_down(_limits(limit_range.max if limit_range else None))
    placement.node[row] = steps_down(_requests(spec.node_largest))
    placement.by_run[row] = spec.workload_kind in RUN_KINDS
    _believe_policy(placement, row, spec.policy or Policy())
    _believe_template(placement, row, spec.template, time_s)


def believe_quota(placement: PlacementRows, row: int, left: Size | None) -> None:
    """Takes over what the namespace's quota leaves beside the size that is believed in."""
    placement.quota[row] = np.stack([steps_down(_requests(left)), steps_down(_limits(left))], axis=-1)


def spend_quota(placement: PlacementRows, row: int, before: tuple[Array, Array], after: tuple[Array, Array]) -> None:
    """A size (request and limit [2]) was changed since the roster: the quota leaves so much less, or more."""
    used = np.nan_to_num(np.stack(after, axis=-1)) - np.nan_to_num(np.stack(before, axis=-1))
    steps = np.ceil(used / _STEPS[:, None] - _SLIVER) * placement.replicas[row]
    placement.quota[row] = np.maximum(placement.quota[row] - steps, 0.0)


def steps_up(amount: Array) -> Array:
    """Amounts by resource (last axis) in whole steps, upwards; NaN stays."""
    steps: Array = np.minimum(np.ceil(amount / _STEPS - _SLIVER), _MOST_STEPS)
    return steps


def steps_down(amount: Array) -> Array:
    """Amounts by resource (last axis) in whole steps, downwards; NaN stays."""
    steps: Array = np.minimum(np.floor(amount / _STEPS + _SLIVER), _MOST_STEPS)
    return steps


def _believe_policy(placement: PlacementRows, row: int, policy: Policy) -> None:
    wanted = policy.cpu_limit or CpuLimit()
    placement.cpu_limit_kind[row] = CPU_LIMITS.index(wanted.kind)
    placement.cpu_limit_ratio[row] = np.nan if wanted.ratio is None else wanted.ratio
    placement.keep_qos[row] = policy.keep_qos is not False


def _believe_template(placement: PlacementRows, row: int, template: str, time_s: float) -> None:
    """Another template than the last is a rollout. 0 is "none yet": the first to be told is not one."""
    if not template:
        return
    code = crc32(template.encode()) or 1
    if placement.template[row] not in (0, code):
        placement.rollout_bucket[row] = int(time_s // BUCKET_S)
    placement.template[row] = code


def _requests(size: Size | None) -> Array:
    return _amounts(size.cpu_request, size.memory_request) if size else _amounts(None, None)


def _limits(size: Size | None) -> Array:
    return _amounts(size.cpu_limit, size.memory_limit) if size else _amounts(None, None)


def _amounts(cpu: float | None, memory: float | None) -> Array:
    return np.array([np.nan if amount is None else amount for amount in (cpu, memory)])
