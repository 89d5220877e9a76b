"""What instance types are: vCPUs, memory, and performance on the scales that their makers state.

`machines.csv` has every type that its source knows, priced or not; `instances.csv` has common ones with prices, and
what a core-hour costs is fitted over exactly those. Columns after memory_gib are scales: another benchmark is another
column.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from engine.catalogue.burstable import baseline_of

FIXED_COLUMNS: Final = ("provider", "type", "vcpu", "memory_gib")


@dataclass(frozen=True, slots=True)
class Machine:
    """An instance type.

    `units`: scale to the units of all its vCPUs at full speed; only what is stated. `baseline`: the share of each vCPU
    that it sustains, 1 where it does not burst, None where that is not known. `memory_gib` is None where not known.
    """

    name: str
    vcpu: float
    memory_gib: float | None = None
    units: Mapping[str, float] = field(default_factory=dict)
    baseline: float | None = 1.0

    @property
    def is_burstable(self) -> bool:
        return self.baseline != 1.0


@lru_cache(maxsize=1)
def load_machines() -> Mapping[str, Machine]:
    """Every type of the packaged file, by name."""
    text = files("engine.catalogue").joinpath("machines.csv").read_text(encoding="utf-8")
    return MappingProxyType({each.name: each for each in parse_machines(text)})


def parse_machines(text: str) -> list[Machine]:
    """Reads CSV text with a header; lines that start with # are comments. An empty cell of a scale is not stated."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [_machine(row) for row in csv.DictReader(lines)]


def _machine(row: Mapping[str, str]) -> Machine:
    return Machine(
        name=row["type"],
        vcpu=float(row["vcpu"]),
        memory_gib=float(row["memory_gib"]),
        units={scale: float(cell) for scale, cell in row.items() if scale not in FIXED_COLUMNS and cell},
        baseline=baseline_of(row["type"]),
    )


_FAMILIES: Final = (
    re.compile(r"([a-z][\w-]*)\.\w[\w-]*"),  # Amazon: m5 of m5.large
    re.compile(r"([a-z]\d\w*)-.+"),  # Google: n1 of n1-standard-2
    re.compile(r"(Standard_[A-Z]+)\d+(?:-\d+)?(\w*)"),  # Azure: D s_v5 of Standard_D4s_v5
)


def family_of(name: str) -> str | None:
    """The family in a type's name: types of one family differ in size. None where the name does not say."""
    for pattern in _FAMILIES:
        if found := pattern.fullmatch(name):
            return "".join(found.groups())
    return None
