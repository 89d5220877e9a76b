"""Performance of a vCPU by instance type, relative to a reference: what live decisions need to count CPU as work.

    performance = (units of the type / its vCPUs) / (units of the reference / its vCPUs)

on the first scale that states the type. Each scale has a reference of its own and units of two scales are never
compared; the nodes of a cluster are of one provider, and so on one scale. m5.large is the reference of ECU as it is the
type whose prices stand in for unknown ones: what nothing is known of counts as m5.large in both. Of ACU it is the type
that Microsoft defines as 100 a vCPU.

It is performance at full speed, for burstable types too: a second of CPU time is the same work whether or not credits
pay for it. What such a type sustains bounds its capacity, not what was used on it: see `node_types`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.catalogue.machines import Machine, load_machines

REFERENCES: Final = {"ecu": "m5.large", "acu": "Standard_A1"}
"""By scale, most wanted first."""


def load_vcpu_performance() -> dict[str, float]:
    """By the names of all types that state units on some scale; the references have 1."""
    machines = load_machines()
    found = ((name, _performance(machine, machines)) for name, machine in machines.items())
    return {name: performance for name, performance in found if performance is not None}


def _performance(machine: Machine, machines: Mapping[str, Machine]) -> float | None:
    for scale, reference in REFERENCES.items():
        if scale in machine.units:
            return _per_vcpu(machine, scale) / _per_vcpu(machines[reference], scale)
    return None


def _per_vcpu(machine: Machine, scale: str) -> float:
    return machine.units[scale] / machine.vcpu
