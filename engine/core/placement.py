"""What is believed of each container: its size, where it runs, and the user's terms for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, get_args, get_type_hints

import numpy as np

from engine.core.protected import is_system
from engine.core.rows import Array, Rows, column
from engine.messages import ContainerSpec, CpuLimit, Size, Stage
from engine.units import CPU, MEMORY

STAGES: Final[tuple[Stage, ...]] = get_args(Stage)
CPU_LIMITS: Final[tuple[str, ...]] = get_args(get_type_hints(CpuLimit)["kind"])
"""Kinds of CPU limits, stored by position."""
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
    vcpu_performance: Array = column(np.float32, fill=1)
    """Work of a core of that type, in cores of the reference: what is learned of CPU is counted in the latter."""
    assumed: Array = column(np.bool_)
    outcome_s: Array = column(np.float64, fill=-1.0)
    """Time of the last applied command: a roster taken before it does not change the size again."""
    in_place: Array = column(np.bool_, fill=True)
    """Can be resized without a restart."""
    system: Array = column(np.bool_)
    """The cluster stands on it: cut by a person's consent only, where no policy says otherwise."""
    annotation: Array = column(np.int16, fill=-1)
    """The workload's own policy, an index of the slot's `annotations`, -1 none."""

    # What follows is resolved from all scopes by `terms`, as are floor and ceiling.
    stage: Array = column(np.int8, fill=DEFAULT_STAGE)
    """Stage of auto-pilot."""
    frozen: Array = column(np.bool_)
    risk: Array = column(np.float32, 2, fill=UNSET)
    """Share of samples that may lie above the request; NaN is none stated."""
    protected: Array = column(np.int8, fill=-1)
    """Cut by a person's consent only: 1 yes, 0 no, -1 not stated, then `system` says."""
    windows: Array = column(np.int16, fill=-1)
    """Index of the slot's `window_sets`, -1 none: always open."""
    cuts_in_windows: Array = column(np.bool_)
    """Cuts wait for a window even if they are in place."""
    restart_allowed: Array = column(np.bool_, fill=True)
    restarts_a_day: Array = column(np.int16, fill=-1)
    """Changes with a restart in a day of UTC at most, -1 any."""
    restart_from_s: Array = column(np.float64, fill=-np.inf)
    restart_until_s: Array = column(np.float64, fill=np.inf)
    """Changes with a restart are made within this time only."""
    restart_usd: Array = column(np.float32, fill=UNSET)
    """What a restart of all replicas costs: what saves more need not wait for a window. NaN is not stated."""
    cpu_limit_kind: Array = column(np.int8)
    """Index of CPU_LIMITS."""
    cpu_limit_ratio: Array = column(np.float32, fill=UNSET)
    """CPU limit over request where the kind is `ratio`."""
    keep_qos: Array = column(np.bool_, fill=True)
    moves_a_day: Array = column(np.int8, fill=-1)
    """Moves between instance types in a day at most, -1 not stated."""
    families: Array = column(np.int16, fill=-1)
    """Index of the slot's `families`, -1 not stated."""

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


def requests_of(size: Size | None) -> tuple[float, float]:
    """Requests of a size by resource, NaN where not set."""
    return _pair(size.cpu_request, size.memory_request) if size else (UNSET, UNSET)


def limits_of(size: Size | None) -> tuple[float, float]:
    """Limits of a size by resource, NaN where not set."""
    return _pair(size.cpu_limit, size.memory_limit) if size else (UNSET, UNSET)


def amounts_of(sizes: Sequence[Size | None]) -> tuple[Array, Array]:
    """Requests and limits of many sizes by resource, float64 [m, 2] each, NaN where not set. A column at a time."""
    given = [size for size in sizes if size is not None]
    places = np.flatnonzero([size is not None for size in sizes])
    amounts = np.full((len(sizes), 2, 2), UNSET)
    amounts[places, 0, CPU] = np.array([size.cpu_request for size in given], dtype=np.float64)
    amounts[places, 0, MEMORY] = np.array([size.memory_request for size in given], dtype=np.float64)
    amounts[places, 1, CPU] = np.array([size.cpu_limit for size in given], dtype=np.float64)
    amounts[places, 1, MEMORY] = np.array([size.memory_limit for size in given], dtype=np.float64)
    return amounts[:, 0], amounts[:, 1]


def _pair(cpu: float | None, memory: float | None) -> tuple[float, float]:
    return (UNSET if cpu is None else cpu, UNSET if memory is None else memory)


def size_of(request: Array, limit: Array) -> Size:
    """The size of one row: `request` and `limit` float [2], NaN becomes "not set"."""
    cpu_request, memory_request, cpu_limit, memory_limit = (
        None if np.isnan(amount) else float(amount) for amount in (*request, *limit)
    )
    return Size(cpu_request, cpu_limit, memory_request, memory_limit)


def believe(
    placement: PlacementRows, rows: Array, specs: Sequence[ContainerSpec], node_types: Sequence[int], time_s: float
) -> None:
    """Takes over from a roster made at `time_s`, whose row i is `rows[i]` int [m] and of type `node_types[i]`.

    Sizes only where no command was applied since.
    """
    told = time_s > placement.outcome_s[rows]
    newer = rows[told]
    request, limit = amounts_of([spec.size for spec in specs])
    placement.request[newer], placement.limit[newer] = request[told], limit[told]
    placement.assumed[newer] = np.array([spec.assumed for spec in specs], dtype=np.bool_)[told]
    placement.replicas[rows] = [spec.replicas for spec in specs]
    placement.system[rows] = [is_system(spec.namespace, spec.workload, spec.workload_kind) for spec in specs]
    placement.node_type[rows] = node_types
    placement.in_place[rows] = [spec.in_place for spec in specs]
