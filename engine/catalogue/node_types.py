"""Instance types that live decisions may move containers between: all that have a price and known amounts."""

from __future__ import annotations

from engine.catalogue.machines import Machine, family_of, load_machines
from engine.catalogue.prices import load_types
from engine.core.moves import Candidate, NodeType
from engine.units import GIB


def load_node_types() -> dict[str, NodeType]:
    """By name. Cores are those that a type sustains; prices are on demand, as no spot price ships with trimtab."""
    machines = load_machines()
    priced = ((machines.get(each.name), each.price_usd_hour) for each in load_types())
    found = (_node_type(machine, usd_hour) for machine, usd_hour in priced if machine is not None)
    return {each.candidate.name: each for each in found if each is not None}


def _node_type(machine: Machine, usd_hour: float) -> NodeType | None:
    """None where memory, what it sustains, or its family is not known."""
    family = family_of(machine.name)
    if machine.memory_gib is None or not machine.baseline or family is None:
        return None
    cores = machine.vcpu * machine.baseline
    return NodeType(family, Candidate(machine.name, cores, machine.memory_gib * GIB, usd_hour))
