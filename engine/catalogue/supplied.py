"""What the catalogue does not know of a machine: taken from the person who converts, asked for, never guessed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from engine.catalogue.burstable import baseline_of
from engine.catalogue.compute_units import SAME_PER_VCPU, assume_same_per_vcpu, same_family, shared_scale
from engine.catalogue.machines import Machine
from engine.errors import UserError
from engine.sheets import parse_table, usable

Ask = Callable[[str, str], float]
"""Asks for a positive number: what it is, and the option that gives it. Raises UserError where nobody can be asked."""

SCALES: Final = ("ecu", "acu")
"""The catalogue's, most wanted first."""
OWN_SCALE: Final = "units"
"""The scale of a file of the user's."""


@dataclass(frozen=True, slots=True)
class Supplied:
    """Given by hand, by type: EC2 compute units, vCPUs, sustained percent of each; `own`: units of the user's file."""

    ecu: Mapping[str, float] = field(default_factory=dict)
    vcpu: Mapping[str, float] = field(default_factory=dict)
    baseline: Mapping[str, float] = field(default_factory=dict)
    own: Mapping[str, float] | None = None

    def check(self, names: Iterable[str]) -> None:
        """Raises UserError for what names another type, which would do nothing, and for two scales at once."""
        known = list(names)
        for option, pairs in (("--ecu", self.ecu), ("--vcpu", self.vcpu), ("--baseline", self.baseline)):
            for name in pairs:
                if name not in known:
                    raise UserError(f"{option} is for {name}, and the conversion is between {' and '.join(known)}")
        if self.own is not None and self.ecu:
            raise UserError("--ecu and --units-file are two scales, which cannot be compared: give one of them")

    @property
    def scales(self) -> tuple[str, ...]:
        """Those to look at: units that were given by hand are meant to be used."""
        if self.own is not None:
            return (OWN_SCALE,)
        return ("ecu",) if self.ecu else SCALES


def find_machine(name: str, catalogue: Mapping[str, Machine], supplied: Supplied, ask: Ask) -> Machine:
    """The type `name` as the catalogue has it and `supplied` corrects it; asks for the vCPUs of one that it has not."""
    found = catalogue.get(name) or Machine(name, math.nan, baseline=baseline_of(name))
    vcpu = supplied.vcpu.get(name, found.vcpu)
    if math.isnan(vcpu):
        vcpu = ask(f"the number of vCPUs of {name}", f"--vcpu {name}=NUMBER")
    units = dict(found.units)
    for scale, given in (("ecu", supplied.ecu), (OWN_SCALE, supplied.own or {})):
        if name in given:
            units[scale] = given[name]
    machine = replace(found, vcpu=vcpu, units=units)
    return _sustaining(machine, supplied.baseline[name]) if name in supplied.baseline else machine


def _sustaining(machine: Machine, percent: float) -> Machine:
    if percent > 100:
        raise UserError(f"A vCPU of {machine.name} cannot sustain {percent:g} % of itself: --baseline is at most 100")
    return replace(machine, baseline=percent / 100)


def know_baseline(machine: Machine, ask: Ask) -> Machine:
    """The machine with its sustained share, asked for if it bursts and none is known."""
    if machine.baseline is not None:
        return machine
    what = f"the share of each vCPU that {machine.name} sustains (in percent)"
    return _sustaining(machine, ask(what, f"--baseline {machine.name}=PERCENT, or --burst to count full vCPUs"))


def on_one_scale(
    source: Machine, target: Machine, supplied: Supplied, assume: bool, ask: Ask
) -> tuple[Machine, Machine, str]:
    """Both machines with units on one scale, and which; with `assume`, in one family, vCPUs if there is no other."""
    scale = shared_scale(source, target, supplied.scales)
    if scale is not None:
        return source, target, scale
    family = same_family(source, target)
    if assume and family:
        return assume_same_per_vcpu(source), assume_same_per_vcpu(target), SAME_PER_VCPU
    scale = supplied.scales[0]
    return _know_units(source, scale, family, ask), _know_units(target, scale, family, ask), scale


def _know_units(machine: Machine, scale: str, family: bool, ask: Ask) -> Machine:
    if scale in machine.units:
        return machine
    way = f"--ecu {machine.name}=NUMBER" if scale == "ecu" else f"a line {machine.name},NUMBER in the units file"
    way += ", or --assume-same-per-vcpu as both are of one family" if family else ""
    label = scale if scale == OWN_SCALE else scale.upper()
    units = ask(f"the {label} of {machine.name} (of all its vCPUs, at full speed)", way)
    return replace(machine, units={**machine.units, scale: units})


def parse_pairs(values: Iterable[str], option: str) -> dict[str, float]:
    """`TYPE=NUMBER` each; numbers are above 0. Raises UserError."""
    pairs: dict[str, float] = {}
    for value in values:
        name, _, number = value.partition("=")
        pairs[name.strip()] = parse_positive(number, f"{option} {value}: expected TYPE=NUMBER, such as m5.large=8")
    return pairs


def parse_units(text: str) -> dict[str, float]:
    """CSV text with the columns type and units, of which a type has one line. Raises UserError."""
    units: dict[str, float] = {}
    for line in usable(parse_table(text, ("type", "units"))):
        name = line.cells["type"].strip()
        if not name or name in units:
            raise UserError(f"line {line.number}: {f'a second line of {name}' if name else 'no type'}")
        units[name] = parse_positive(line.cells["units"], f"line {line.number}: units must be a number above 0")
    return units


def parse_positive(text: str, otherwise: str) -> float:
    """A finite number above 0. Raises UserError with the sentence `otherwise`."""
    try:
        number = float(text)
    except ValueError:
        raise UserError(otherwise) from None
    if not 0 < number < math.inf:
        raise UserError(otherwise)
    return number
