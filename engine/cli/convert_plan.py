"""Between which machines `trimtab convert` converts, and in which units: what is not known is asked for, or refused."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click

from engine.catalogue.compute_units import SAME_PER_VCPU, Side, capacity
from engine.catalogue.machines import Machine, load_machines
from engine.catalogue.supplied import (
    OWN_SCALE,
    Ask,
    Supplied,
    find_machine,
    know_baseline,
    on_one_scale,
    parse_positive,
    parse_units,
)
from engine.errors import UserError
from engine.sheets import read_text

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plan:
    """Two machines with units on one scale; `burst`: count full vCPUs; `given`: whose units are not the catalogue's."""

    source: Machine
    target: Machine
    scale: str
    burst: bool
    given: tuple[Machine, ...] = ()

    @property
    def label(self) -> str:
        """The scale's name as people write it."""
        return self.scale if self.scale in (OWN_SCALE, SAME_PER_VCPU) else self.scale.upper()

    @property
    def burstable(self) -> tuple[Machine, ...]:
        return tuple({each.name: each for each in (self.source, self.target) if each.is_burstable}.values())

    @property
    def readings(self) -> tuple[bool, ...]:
        """Whether to count full vCPUs: the way that was asked for, then the other if it gives something else."""
        sustained_known = all(each.baseline is not None for each in self.burstable)
        return (self.burst, not self.burst) if self.burstable and sustained_known else (self.burst,)

    def sides(self, burst: bool) -> tuple[Side, Side]:
        """Source and target, with sustained or full vCPUs."""
        source, target = (Side(each, capacity(each, self.scale, burst)) for each in (self.source, self.target))
        return source, target


def resolve(source_name: str, target_name: str, supplied: Supplied, burst: bool, assume: bool) -> Plan:
    """Finds both machines and one scale for them. Raises UserError for what is not known, where nobody can be asked."""
    supplied.check((source_name, target_name))
    catalogue, ask = load_machines(), _once(_ask if on_terminal() else _refuse)
    source, target = (find_machine(name, catalogue, supplied, ask) for name in (source_name, target_name))
    if not burst:
        source, target = know_baseline(source, ask), know_baseline(target, ask)
    source, target, scale = on_one_scale(source, target, supplied, assume, ask)
    stated = {name: catalogue[name].units for name in (source_name, target_name) if name in catalogue}
    changed = {each.name: each for each in (source, target)
               if scale != SAME_PER_VCPU and each.units[scale] != stated.get(each.name, {}).get(scale)}  # fmt: skip
    return Plan(source, target, scale, burst, tuple(changed.values()))


def on_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def _ask(what: str, how: str) -> float:
    answer: float = click.prompt(
        f"{what} is not known ({how}); it is",
        value_proc=_number,
        err=True,  # standard output may be the sheet
    )
    return answer


def _number(text: str) -> float:
    try:
        return parse_positive(text, "expected a number above 0")
    except UserError as error:
        raise click.BadParameter(str(error)) from error


def _refuse(what: str, how: str) -> float:
    raise UserError(f"{what} is not known: give it with {how}")


def _once(ask: Ask) -> Ask:
    """The same is not asked twice, as when both machines are of one type."""
    answers: dict[str, float] = {}

    def answer(what: str, how: str) -> float:
        if what not in answers:
            answers[what] = ask(what, how)
        return answers[what]

    return answer


def read_units(path: Path) -> dict[str, float]:
    """The user's own units. Raises UserError that names the file."""
    return read_with(path, parse_units)


def read_with(path: Path, parse: Callable[[str], T]) -> T:
    """What `parse` makes of a text file. Raises UserError that names the file."""
    text = read_text(path)
    try:
        return parse(text)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
