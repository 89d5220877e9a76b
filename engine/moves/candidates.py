"""Instance types of the catalogue as candidates of a plan: what they can give, and what they cost. Never guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from engine.catalogue import load_types
from engine.catalogue.compute_units import shared_scale
from engine.catalogue.machines import Machine, family_of, load_machines
from engine.core.moves import Candidate
from engine.errors import UserError
from engine.units import GIB

SCALES: Final = ("ecu", "acu")


@dataclass(frozen=True, slots=True)
class Reserved:
    """What a node keeps for the system: a share of everything, and cores and GiB of each node."""

    share: float = 0.0
    cores: float = 0.0
    gib: float = 0.0

    def words(self) -> str:
        """Such as `6 % of each machine`."""
        amount = f"{self.share * 100:g} %" if self.share else f"{self.cores:g} cores and {self.gib:g} GiB"
        return f"{amount} of each machine" if self.share or self.cores or self.gib else "nothing"

    @classmethod
    def parse(cls, text: str) -> Reserved:
        """`6%`, or `0.1,0.7` for cores and GiB. Raises UserError."""
        try:
            if text.strip().endswith("%"):
                found = cls(share=float(text.strip()[:-1]) / 100)
            else:
                cores, gib = text.split(",")
                found = cls(cores=float(cores), gib=float(gib))
        except ValueError:
            found = cls(share=-1.0)
        if not (0 <= found.share < 1 and 0 <= found.cores < 1e6 and 0 <= found.gib < 1e6):
            raise UserError(f"--system-reserved: expected 6% or CORES,GIB such as 0.1,0.7, got {text!r}.")
        return found


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which types: `start` first (if any), then `types`, then those of `families` that have a price.

    `price` and `spot` are USD an hour by type, given by hand. With `compute_units` the needs are cores of `start`.
    """

    start: str | None
    types: Sequence[str] = ()
    families: Sequence[str] = ()
    price: Mapping[str, float] = field(default_factory=dict)
    spot: Mapping[str, float] = field(default_factory=dict)
    reserved: Reserved = field(default_factory=Reserved)
    compute_units: bool = False

    def words(self) -> str:
        """What is taken for granted of every candidate."""
        by_hand = f" (by hand: {', '.join(self.price)})" if self.price else ""
        units = f"in those of {self.start}, by compute units" if self.compute_units else "alike on every type"
        kept = f"{self.reserved.words()} is kept for the system"
        return f"Prices on demand, US regions{by_hand}; {kept}; cores count {units}."


def candidates_of(wanted: Wanted) -> tuple[list[Candidate], list[str]]:
    """Candidates, the start first, and notes on what was left out or is counted otherwise. Raises UserError."""
    prices = {each.name: each.price_usd_hour for each in load_types()} | dict(wanted.price)
    named = list(dict.fromkeys([*([wanted.start] if wanted.start else []), *wanted.types]))
    others = [name for name in _of_families(wanted.families, prices) if name not in named]
    found: list[Candidate] = []
    left_out: dict[str, list[str]] = {}
    for name in (*named, *others):
        one = _candidate(name, prices, wanted)
        if isinstance(one, Candidate):
            found.append(one)
        elif name in named:
            raise UserError(f"{name}: {one}.")
        else:
            left_out.setdefault(one, []).append(name)
    _check_used(wanted, [*named, *others])
    notes = [f"Left out ({why}): {', '.join(names)}." for why, names in left_out.items()]
    return found, [*notes, *_bursting(found)]


def _of_families(families: Sequence[str], prices: Mapping[str, float]) -> list[str]:
    by_family = {family: [name for name in prices if family_of(name) == family] for family in families}
    for family, names in by_family.items():
        if not names:
            known = sorted({each for each in map(family_of, prices) if each})
            near = ", ".join(get_close_matches(family, known, n=3, cutoff=0.0))
            raise UserError(f"--families: the catalogue has no price of a type of {family!r}; try {near}.")
    return [name for names in by_family.values() for name in names]


def _candidate(name: str, prices: Mapping[str, float], wanted: Wanted) -> Candidate | str:
    """The candidate, or why it can be none."""
    machines = load_machines()
    machine = machines.get(name)
    if machine is None or machine.memory_gib is None:
        return f"not in the catalogue; try {', '.join(get_close_matches(name, machines, 3, 0.0))}"
    if name not in prices:
        return f"the catalogue has no price of it, give --price {name}=USD"
    if machine.baseline is None:
        return "what it sustains of each vCPU is not known"
    start = machines.get(wanted.start or "") if wanted.compute_units else None
    cores = _cores(machine, start or machine)
    if cores is None:
        return f"no compute units are stated on a scale of {wanted.start}"
    keep, reserved = 1 - wanted.reserved.share, wanted.reserved
    cores, gib = cores * keep - reserved.cores, machine.memory_gib * keep - reserved.gib
    if cores <= 0 or gib <= 0:
        return "nothing is left beside --system-reserved"
    return Candidate(name, cores, gib * GIB, prices[name], wanted.spot.get(name))


def _cores(machine: Machine, of: Machine) -> float | None:
    """What it sustains, in vCPUs of another machine by their compute units; None where no scale has both."""
    sustained = machine.vcpu * (machine.baseline or 0.0)
    if machine.name == of.name:
        return sustained
    scale = shared_scale(machine, of, SCALES)
    return None if scale is None else sustained * (machine.units[scale] / machine.vcpu) / (of.units[scale] / of.vcpu)


def _check_used(wanted: Wanted, names: Sequence[str]) -> None:
    for option, given in (("--price", wanted.price), ("--spot", wanted.spot)):
        for name in given:
            if name not in names:
                raise UserError(f"{option} is for {name}, which is not among the candidates.")


def _bursting(found: Sequence[Candidate]) -> list[str]:
    names = [each.name for each in found if load_machines()[each.name].is_burstable]
    return [f"Burstable types count for what they sustain: {', '.join(names)}."] if names else []
