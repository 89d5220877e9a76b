"""What is believed of each container: its size, where it runs, what its owner allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, get_args

import numpy as np

from engine.core.rows import Array, Rows, column
from engine.messages import ContainerSpec, Size, Stage

STAGES: Final[tuple[Stage, ...]] = get_args(Stage)
DEFAULT_STAGE: Final = STAGES.index("recommend")
UNSET: Final = float("nan")


@dataclass(slots=True)
class PlacementRows(Rows):
    """Sizes are per replica, axis 1 is the resource (cores, bytes); NaN is "not set"."""

    request: Array = column(np.float64, 2, fill=UNSET)
    limit: Array = column(np.float64, 2, fill=UNSET)
    floor: Array = column(np.float64, 2, fill=UNSET)
    ceiling: Array = column(np.float64, 2, fill=UNSET)
    replicas: Array = column(np.int32, fill=1)
    node_type: Array = column(np.int16, fill=-1)
    assumed: Array = column(np.bool_)
    outcome_s: Array = column(np.float64, fill=-1.0)
    """Time of the last applied command: a roster taken before it does not change the size again."""
    annotated: Array = column(np.int8, fill=-1)
    """Auto-pilot stage from the workload's own policy, -1 none."""
    stage: Array = column(np.int8, fill=DEFAULT_STAGE)
    """Auto-pilot stage that holds, resolved from all scopes."""
    frozen: Array = column(np.bool_)

    scaled: Array = column(np.bool_, 2)
    """A HorizontalPodAutoscaler scales on this resource."""
    heap: Array = column(np.float32, fill=UNSET)
    """Greatest heap that the runtime's flags allow; this and the next four in steps (1 m, 1 MiB), NaN none."""
    least: Array = column(np.float32, 2, fill=UNSET)
    most: Array = column(np.float32, 2, fill=UNSET)
    """The LimitRange's least request and greatest limit."""
    node: Array = column(np.float32, 2, fill=UNSET)
    """Requests that fit on the largest node."""
    quota: Array = column(np.float32, 2, 2, fill=UNSET)
    """What the namespace's quota leaves for all replicas: of requests, of limits (last axis)."""
    by_run: Array = column(np.bool_)
    """A job: sized by its runs."""
    template: Array = column(np.uint32)
    rollout_bucket: Array = column(np.int32, fill=-1)
    """CRC-32 of the pod template, 0 none, and the bucket in which it changed last."""
    cpu_limit_kind: Array = column(np.int8)
    cpu_limit_ratio: Array = column(np.float32, fill=UNSET)
    keep_qos: Array = column(np.bool_, fill=True)
    """The policy on CPU limits (index of CPU_LIMITS) and on the QoS class."""


def requests_of(size: Size | None) -> tuple[float, float]:
    """Requests of a size by resource, NaN where not set."""
    return _pair(size.cpu_request, size.memory_request) if size else (UNSET, UNSET)


def limits_of(size: Size | None) -> tuple[float, float]:
    """Limits of a size by resource, NaN where not set."""
    return _pair(size.cpu_limit, size.memory_limit) if size else (UNSET, UNSET)


def _pair(cpu: float | None, memory: float | None) -> tuple[float, float]:
    return (UNSET if cpu is None else cpu, UNSET if memory is None else memory)


def size_of(request: Array, limit: Array) -> Size:
    """The size of one row: `request` and `limit` float [2], NaN becomes "not set"."""
    cpu_request, memory_request, cpu_limit, memory_limit = (
        None if np.isnan(amount) else float(amount) for amount in (*request, *limit)
    )
    return Size(cpu_request, cpu_limit, memory_request, memory_limit)


def believe(placement: PlacementRows, row: int, spec: ContainerSpec, node_type: int, time_s: float) -> None:
    """Takes over a row of a roster that was made at `time_s`; its size only if no command was applied since."""
    if time_s > placement.outcome_s[row]:
        placement.request[row] = requests_of(spec.size)
        placement.limit[row] = limits_of(spec.size)
        placement.assumed[row] = spec.assumed
    policy = spec.policy
    placement.replicas[row] = spec.replicas
    placement.node_type[row] = node_type
    placement.floor[row] = requests_of(policy.floor if policy else None)
    placement.ceiling[row] = requests_of(policy.ceiling if policy else None)
    placement.annotated[row] = STAGES.index(policy.autopilot) if policy and policy.autopilot else -1
