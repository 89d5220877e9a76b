"""Nodes: what they have, what is requested on them and used, and who uses more than is requested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.budget.history import History, sums
from engine.budget.ring import Seen
from engine.catalogue.machines import load_machines
from engine.core.protected import is_system
from engine.core.rows import Array
from engine.messages import ContainerSpec
from engine.units import GIB, RESOURCES

NEAR: Final = 0.85
"""Use from this share of the capacity on is near it; requests below it say that there is room."""


@dataclass(frozen=True, slots=True)
class AtFault:
    """A container that uses more than it requests; `request` NaN where it requests nothing. `share` of the excess."""

    name: str
    used: float
    request: float
    share: float
    system: bool


@dataclass(frozen=True, slots=True)
class NodeUse:
    """One resource of a node, in cores or bytes: `used` is the p95 of the sum, `capacity` NaN where it is not known."""

    node: str
    resource: int
    containers: int
    capacity: float
    requested: float
    used: float
    at_fault: Sequence[AtFault]

    @property
    def used_share(self) -> float:
        return self.used / self.capacity

    @property
    def requested_share(self) -> float:
        return self.requested / self.capacity

    @property
    def noisy(self) -> bool:
        """Usage nears the capacity while requests do not say so."""
        return self.used_share >= NEAR > self.requested_share


def node_uses(seen: Sequence[Seen], stated: Mapping[str, Array]) -> list[NodeUse]:
    """Of all nodes that are known by name, those first that are nearest to their capacity.

    `stated` has the capacity [2] of nodes in cores and bytes; of others it is that of the node's type.
    """
    there: dict[str, list[Seen]] = {}
    for one in seen:
        if one.runs and one.spec.node is not None:
            there.setdefault(one.spec.node, []).append(one)
    found = []
    for node, these in there.items():
        capacity = stated.get(node, _of_type(these))
        found += [_use(node, these, resource, float(capacity[resource])) for resource in range(len(RESOURCES))]
    return sorted(found, key=lambda use: (-np.nan_to_num(use.used_share, nan=-1.0), use.node, use.resource))


def _of_type(these: Sequence[Seen]) -> Array:
    machine = load_machines().get(next((one.spec.node_type for one in these if one.spec.node_type), ""))
    if machine is None:
        return np.full(2, np.nan)
    return np.array([machine.vcpu, np.nan if machine.memory_gib is None else machine.memory_gib * GIB])


def _use(node: str, these: Sequence[Seen], resource: int, capacity: float) -> NodeUse:
    total = sums(one.history for one in these)
    used = np.nan if total is None else float(np.percentile(total.used[:, resource], 95))
    requests = [_requested(one.spec, resource) for one in these]
    return NodeUse(
        node=node,
        resource=resource,
        containers=len(these),
        capacity=capacity,
        requested=float(np.nansum(requests)),
        used=used,
        at_fault=_at_fault(these, requests, resource),
    )


def _at_fault(these: Sequence[Seen], requests: Sequence[float], resource: int) -> list[AtFault]:
    """Those who use more than they request, by what is above it."""
    used = [_p95(one.history, resource) for one in these]
    excess = np.maximum(np.nan_to_num(used) - np.nan_to_num(requests), 0.0)
    total = excess.sum()
    return [
        AtFault(
            name=these[row].series.series_id,
            used=used[row],
            request=requests[row],
            share=float(excess[row] / total),
            system=is_system(these[row].spec.namespace, these[row].spec.workload, these[row].spec.workload_kind),
        )
        for row in np.argsort(-excess, kind="stable").tolist()
        if excess[row] > 0
    ]


def _requested(spec: ContainerSpec, resource: int) -> float:
    """Of all replicas, NaN where it is not set."""
    request = (spec.size.cpu_request, spec.size.memory_request)[resource]
    return np.nan if request is None else request * spec.replicas


def _p95(history: History, resource: int) -> float:
    used = history.used[:, resource]
    known = used[~np.isnan(used)]
    return float(np.percentile(known, 95)) if len(known) else np.nan
