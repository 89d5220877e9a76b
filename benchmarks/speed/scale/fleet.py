"""A fleet of clusters of equal size, of the containers that `collect synthetic` makes up: their slots and messages.

Little is kept of each, so that the load of a million containers fits beside the engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from msgspec.structs import replace as with_fields

from agents.collector.rosters import Floats, Integers, Usage, metrics_event, roster_event
from agents.collector.sources.synthetic import NODE_TYPE, name_of
from agents.collector.sources.truth import Shape, sizes, usage
from engine.codec import roster_hash
from engine.core.state import SlotState
from engine.identity import container_id, partition_of, slot_key, slot_of, slots_for
from engine.messages import ContainerSpec, Metrics, Roster, Size
from engine.units import CPU

DISTINCT: Final = 60
"""Containers whose size and usage differ, for each phase of the forecast's clock; the others are copies under other
names: their state fits their usage only if that is a copy, too."""
SEED: Final = 1


class Slot:
    """One slot of a cluster: container i is number `numbers[i]` of the cluster, and requests `sizes[i]` now.

    It behaves as number `copied[i]` of those that differ, which goes by its own number when not given.
    """

    def __init__(
        self, cluster: str, number: int, slots: int, partition: int, numbers: Integers, copied: Integers | None = None
    ) -> None:
        self.cluster, self.number, self.slots, self.partition = cluster, number, slots, partition
        self.key = slot_key(cluster, number)
        self.numbers, self.copied = numbers, numbers % DISTINCT if copied is None else copied
        self.phase = SlotState(cluster, number, slots).forecast_ahead
        self._shape = Shape.of(SEED, self.phase * DISTINCT + self.copied)
        self.sizes: list[Size] = sizes(self._shape)
        self.roster = roster_hash(self._specs())

    def __len__(self) -> int:
        return len(self.numbers)

    def containers(self) -> list[str]:
        return [container_id(self.cluster, *name_of(number)) for number in self.numbers.tolist()]

    def take_sizes(self, of_distinct: Sequence[Size]) -> None:
        """Each container has the size that the one it is a copy of has come to."""
        self.sizes = [of_distinct[place] for place in self.copied.tolist()]
        self.roster = roster_hash(self._specs())

    def roster_event(self, time_s: float) -> Roster:
        """The roster as of now; `roster` names it from then on."""
        specs = self._specs()
        self.roster = roster_hash(specs)
        return with_fields(roster_event(self.cluster, self.number, time_s, self.roster, specs), sent_s=time_s)

    def metrics(self, time_s: float, factor: Mapping[int, float] | None = None) -> Metrics:
        """One scrape. `factor`: by row, CPU as a multiple of what is requested."""
        value = usage(self._shape, time_s)
        for row, times in (factor or {}).items():
            value[row, CPU] = times * max(self.sizes[row].cpu_request or 0.0, float(value[row, CPU]))
        message = metrics_event(self.cluster, self.number, time_s, self.roster, _unharmed(value))
        return with_fields(message, sent_s=time_s)

    def _specs(self) -> list[ContainerSpec]:
        return [
            ContainerSpec(namespace=namespace, workload=workload, container=name, size=size, node_type=NODE_TYPE)
            for (namespace, workload, name), size in zip(map(name_of, self.numbers.tolist()), self.sizes, strict=True)
        ]


def _unharmed(value: Floats) -> Usage:
    return Usage(value, np.zeros(len(value)), np.zeros(len(value), np.int64))


def slots_of(cluster: str, containers: int, partitions: int, slots: int | None = None) -> list[Slot]:
    """The slots of one cluster of so many containers; `slots`: how many, where not as many as the CLI declares."""
    slots = slots or slots_for(containers)
    place = np.array([slot_of(*name_of(number)[:2], slots) for number in range(containers)])
    return [
        Slot(cluster, number, slots, partition_of(cluster, number, partitions), np.flatnonzero(place == number))
        for number in range(slots)
    ]
