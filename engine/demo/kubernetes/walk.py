"""Usage that follows the trace faster than life, with surges: what is set on the pods, and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from engine.control_plane.development import DevelopmentCluster
from engine.core.rows import Array
from engine.demo.kubernetes.cluster import set_usage
from engine.demo.kubernetes.world import SHOP, usage_annotations

STEP_S: Final = 4.0
"""Wall seconds for five minutes of the trace."""
SURGES: Final = (("checkout", 0.25), ("images", 0.35), ("payments", 0.55), ("checkout-canary", 0.65))
"""Workload, and the share of the run after which its usage rises."""
SURGE: Final = 3.0
"""Times what it would be; it lasts to the end."""


@dataclass(frozen=True, slots=True)
class Surge:
    """When all pods of a workload were told to use more, and how much one used then, in cores."""

    workload: str
    time_s: float
    cpu: float


@dataclass(slots=True)
class Walk:
    """`demand` [workloads, steps, 2] from here on; `pods`: names by workload."""

    cluster: DevelopmentCluster
    demand: Array
    pods: dict[str, list[str]]
    steps: int
    surges: list[Surge] = field(default_factory=list)
    _surging: set[str] = field(default_factory=set)

    def step(self, number: int) -> dict[str, Array]:
        """Sets the usage of step `number` of `steps`. Returns what each workload's pods use now [2]."""
        usage = usage_at(self.demand, number, self.steps)
        for name, uses in usage.items():
            times = [set_usage(self.cluster, pod, usage_annotations(uses)) for pod in self.pods[name]]
            if name in surging(number, self.steps) and name not in self._surging:
                self._surging.add(name)
                self.surges.append(Surge(name, max(times), float(uses[0])))
        return usage


def surging(number: int, steps: int) -> set[str]:
    """Workloads that have surged by step `number` of `steps`."""
    return {name for name, share in SURGES if number >= round(share * steps)}


def usage_at(demand: Array, number: int, steps: int) -> dict[str, Array]:
    """Usage of a replica [2] by workload; a surge is one of CPU, and a little of memory."""
    up = surging(number, steps)
    factor = np.array([SURGE, 1.15])
    return {
        each.name: demand[row, min(number, demand.shape[1] - 1)] * (factor if each.name in up else 1.0)
        for row, each in enumerate(SHOP)
    }
