"""A made-up fleet: clusters of equal size, their slots, their names, and usage that anybody can compute again.

Nothing per container is kept but a few numbers, so that the load of a million containers fits beside the engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from engine.codec import roster_hash
from engine.identity import partition_of, slot_key, slot_of, slots_for
from engine.messages import ContainerSpec, Roster, Size
from engine.units import GIB

Array = NDArray[Any]
NAMESPACES: Final = 20
DAY_S: Final = 86_400.0
MINUTES_S: Final = 300.0
MIB: Final = 2**20
PATTERNS: Final = 150
"""Distinct containers; the fleet's are copies of them under other names, each with noise of its own."""


@dataclass(slots=True)
class Patterns:
    """Usage of `PATTERNS` containers: a season of a day, and noise. CPU in cores, memory in bytes."""

    cpu: Array
    memory: Array
    swing: Array
    phase: Array
    noise: Array

    @classmethod
    def seeded(cls, seed: int = 1) -> Patterns:
        random = np.random.default_rng(seed)
        return cls(
            cpu=np.exp(random.uniform(np.log(0.02), np.log(2.0), PATTERNS)),
            memory=np.exp(random.uniform(np.log(50 * MIB), np.log(4 * GIB), PATTERNS)),
            swing=random.uniform(0.0, 0.6, PATTERNS),
            phase=random.uniform(0.0, 2 * np.pi, PATTERNS),
            noise=random.uniform(0.02, 0.1, PATTERNS),
        )

    def at(self, time_s: float, rows: Array, seed: int, random: np.random.Generator) -> tuple[Array, Array]:
        """Cores and bytes [n] of the containers of one slot, copies of the patterns `rows` [n].

        Noise is mostly that of the minutes, which `seed` tells apart from other slots'; samples differ little.
        """
        minutes = np.random.default_rng([int(time_s // MINUTES_S), seed]).standard_normal(len(rows))
        season = 1.0 + self.swing[rows] * np.sin(2 * np.pi * time_s / DAY_S + self.phase[rows])
        cpu = self.cpu[rows] * season * np.exp(self.noise[rows] * minutes + 0.02 * random.standard_normal(len(rows)))
        memory = self.memory[rows] * (1.0 + 0.2 * (season - 1.0)) * np.exp(0.005 * random.standard_normal(len(rows)))
        return cpu, memory


@dataclass(slots=True)
class Sizes:
    """What a slot's containers request now: `request` and `limit` float [n, 2], NaN where not set."""

    request: Array
    limit: Array

    @classmethod
    def generous(cls, patterns: Patterns, rows: Array) -> Sizes:
        """As people set them: about twice of what is used."""
        request = np.column_stack([np.round(patterns.cpu[rows] * 2, 3), np.ceil(patterns.memory[rows] * 2 / MIB) * MIB])
        return cls(request, request * [2.0, 1.0])

    def set(self, row: int, size: Size) -> None:
        self.request[row] = _or_nan(size.cpu_request), _or_nan(size.memory_request)
        self.limit[row] = _or_nan(size.cpu_limit), _or_nan(size.memory_limit)

    def size(self, row: int) -> Size:
        (cpu, memory), (cpu_limit, memory_limit) = self.request[row].tolist(), self.limit[row].tolist()
        return Size(_or_none(cpu), _or_none(cpu_limit), _or_none(memory), _or_none(memory_limit))


def _or_nan(amount: float | None) -> float:
    return np.nan if amount is None else amount


def _or_none(amount: float) -> float | None:
    return None if amount != amount else amount  # noqa: PLR0124 - NaN


@dataclass(slots=True)
class Slot:
    """One slot of a cluster: `numbers` are its containers' numbers within the cluster, `rows` their patterns."""

    cluster: str
    slot: int
    slots: int
    partition: int
    numbers: Array
    sizes: Sizes
    roster: str = ""
    key: str = field(init=False)

    def __post_init__(self) -> None:
        self.key = slot_key(self.cluster, self.slot)
        self.roster = roster_hash(self.specs())

    @property
    def rows(self) -> Array:
        return self.numbers % PATTERNS

    @property
    def seed(self) -> int:
        return crc32(self.key.encode())

    def specs(self) -> list[ContainerSpec]:
        return [
            ContainerSpec(namespace=namespace, workload=workload, container="app", size=self.sizes.size(row))
            for row, (namespace, workload) in enumerate(map(names, self.numbers.tolist()))
        ]

    def containers(self) -> list[str]:
        return [f"{self.cluster}/{'/'.join(names(number))}/app" for number in self.numbers.tolist()]

    def roster_event(self, time_s: float) -> Roster:
        """The roster as of now; `roster` names it from then on."""
        specs = self.specs()
        self.roster = roster_hash(specs)
        return Roster(
            cluster=self.cluster, slot=self.slot, sent_s=time_s, roster=self.roster, time_s=time_s, containers=specs
        )


def names(number: int) -> tuple[str, str]:
    """Namespace and workload of a cluster's container."""
    return f"team-{number % NAMESPACES}", f"service-{number}"


def slots_of(cluster: str, containers: int, partitions: int, sizes: Sizes) -> Iterator[Slot]:
    """The slots of one cluster. `sizes`: of the patterns; each container begins with those of its own."""
    slots = slots_for(containers)
    place = np.array([slot_of(*names(number), slots) for number in range(containers)])
    for slot in range(slots):
        numbers = np.flatnonzero(place == slot)
        rows = numbers % PATTERNS
        own = Sizes(sizes.request[rows].copy(), sizes.limit[rows].copy())
        yield Slot(cluster, slot, slots, partition_of(cluster, slot, partitions), numbers, own)
