"""CPU in compute units: one unit is the same work on every machine of a scale.

A quantity of CPU on a machine is a share of it, and so of its units; what it is on another machine follows from the
units alone. With 8 units on the 2 vCPUs of m5.large and 16 on the 4 of m5.xlarge, 750m is 0.75 / 2 · 8 = 3 units,
37.5 % of the first, and 3 / 16 = 18.75 % of the second, which is 0.1875 · 4 = 750m of it.

On a burstable machine a share of it sustains only its baseline: 750m of t2.large are 37.5 % of the machine, which
sustains 30 % of each vCPU. `capacity` takes units at that baseline, or with `burst` at full speed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from engine.catalogue.machines import Machine, family_of

SAME_PER_VCPU: Final = "vCPU"
"""The scale of an assumption: that all vCPUs of a family do the same work."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """A machine's CPU: in vCPUs, and in units of a scale."""

    vcpu: float
    units: float


@dataclass(frozen=True, slots=True)
class Side:
    """A machine of a conversion, and what its CPU counts for."""

    machine: Machine
    capacity: Capacity


@dataclass(frozen=True, slots=True)
class Amount:
    """CPU on a machine: in cores, in units, and as a share of the machine (1 is all of it)."""

    cpu: float
    units: float
    share: float


def capacity(machine: Machine, scale: str, burst: bool = False) -> Capacity:
    """Units of `machine` as it sustains them, or at full speed.

    Raises KeyError when it states none on `scale`, ValueError when what it sustains is not known.
    """
    baseline = 1.0 if burst else machine.baseline
    if baseline is None:
        raise ValueError(f"what {machine.name} sustains is not known")
    return Capacity(machine.vcpu, machine.units[scale] * baseline)


def amount_of(cpu: float, on: Capacity) -> Amount:
    """`cpu` cores of a machine."""
    share = cpu / on.vcpu
    return Amount(cpu, share * on.units, share)


def amount_for(units: float, on: Capacity) -> Amount:
    """What does the work of `units` on a machine."""
    share = units / on.units
    return Amount(share * on.vcpu, units, share)


def convert(cpu: float, source: Capacity, target: Capacity) -> tuple[Amount, Amount]:
    """`cpu` cores of the source, there and on the target."""
    there = amount_of(cpu, source)
    return there, amount_for(there.units, target)


def shared_scale(source: Machine, target: Machine, scales: Iterable[str]) -> str | None:
    """The first of `scales` on which both state units. Units of two scales are never compared."""
    return next((scale for scale in scales if scale in source.units and scale in target.units), None)


def same_family(source: Machine, target: Machine) -> bool:
    """Whether their names say so."""
    family = family_of(source.name)
    return family is not None and family == family_of(target.name)


def assume_same_per_vcpu(machine: Machine) -> Machine:
    """The machine with one unit for each vCPU, on a scale of its own."""
    return replace(machine, units={SAME_PER_VCPU: machine.vcpu})
