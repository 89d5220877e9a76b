"""Which stage of auto-pilot holds for a container, and whether it is frozen.

Scopes are paths below the cluster: `` (all), `namespace`, `namespace/workload`, `namespace/workload/container`. The
most specific control wins; the workload's own annotation stands between namespace and workload. A freeze of any
scope around the container holds. A DaemonSet's row of one node type, `namespace/name@type`, is held by the scopes of
that type and by those of the DaemonSet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.core.placement import DEFAULT_STAGE, STAGES, PlacementRows
from engine.identity import workload_names
from engine.messages import Stage


def scopes_around(container: str) -> Iterator[str]:
    """Scopes that hold a container (full identity), from the most specific to the whole cluster."""
    namespace, workload, name = container.split("/")[1:]
    names = workload_names(workload)
    yield from (f"{namespace}/{each}/{name}" for each in names)
    yield from (f"{namespace}/{each}" for each in names)
    yield from (namespace, "")


def stage_of(container: str, stages: Mapping[str, Stage], annotated: int) -> int:
    """Index in STAGES of the stage that holds; `annotated` is the workload's own, -1 none."""
    for scope in scopes_around(container):
        if scope.count("/") == 0 and annotated >= 0:
            return annotated
        if scope in stages:
            return STAGES.index(stages[scope])
    return DEFAULT_STAGE


def is_frozen(container: str, frozen: Mapping[str, bool]) -> bool:
    return any(frozen.get(scope, False) for scope in scopes_around(container))


def resolve(
    placement: PlacementRows, containers: list[str], stages: Mapping[str, Stage], frozen: Mapping[str, bool]
) -> None:
    """Writes the stage and the freeze of every row, after a control or a roster."""
    for row, container in enumerate(containers):
        placement.stage[row] = stage_of(container, stages, int(placement.annotated[row]))
        placement.frozen[row] = is_frozen(container, frozen)
