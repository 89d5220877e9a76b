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
    families: Array = column(np.int16, fill=-1)
    """Families of instance types that it may be moved between: index in the slot's `families`, -1 none."""
    moves_a_day: Array = column(np.int8, fill=-1)
    """Most moves in 24 h that the policy allows, -1 not said."""


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


def believe(
    placement: PlacementRows, row: int, spec: ContainerSpec, node_type: int, time_s: float, families: int = -1
) -> None:
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
    placement.families[row] = families
    stated = policy.moves_a_day if policy else None
    placement.moves_a_day[row] = -1 if stated is None else min(max(stated, 0), np.iinfo(np.int8).max)
    placement.annotated[row] = STAGES.index(policy.autopilot) if policy and policy.autopilot else -1
