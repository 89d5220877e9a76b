"""State of slots that have run for days: folded once for a few containers, and copied under other names.

A new engine has empty forecasts, which cost less to keep and to compute. So measured is one whose state is full.
"""

from __future__ import annotations

import pickle
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from agents.collector.rosters import ROSTER_INTERVAL_S
from benchmarks.speed.scale.fleet import DISTINCT, Slot, slots_of
from engine.codec import encode
from engine.core.decide.peaks import BUCKETS_PER_HOUR
from engine.core.partition import PartitionFold, Record
from engine.core.snapshot import pack
from engine.core.state import TABLES, SlotState
from engine.core.warm_up import warm_up
from engine.messages import AnyEvent, Autopilot, Control, Declare
from engine.shell.context import shipped_context
from engine.simulate.replay import applied
from engine.units import HOUR_S

CLUSTER: Final = "warm"
SLOTS: Final = 100
"""Of the cluster that is folded, enough to have one of each phase."""
STEP_S: Final = 300.0
LAST_STEP_S: Final = 15.0
"""Seconds between scrapes, and in the last hours, in which peaks between scrapes are to be seen too."""
LAST_S: Final = 2.0 * HOUR_S


class Warm:
    """A slot for each phase of the forecast's clock, auto-pilot full, every command applied at once.

    `reached_s` is the event time.
    """

    def __init__(self, begin_s: float, phases: int = BUCKETS_PER_HOUR) -> None:
        self.slots = slots_by_phase(phases)
        self.reached_s = begin_s
        self._offset = 0
        self._begin()
        for slot in self.slots.values():
            for body in (Declare(slots=slot.slots, clock="replay"), Autopilot(stage="full")):
                self._apply(slot, Control(cluster=CLUSTER, slot=slot.number, sent_s=begin_s, body=body))
            self._apply(slot, slot.roster_event(begin_s))

    def _begin(self) -> None:
        self.fold = PartitionFold(0, 1, shipped_context())
        self._place = {name: row for slot in self.slots.values() for row, name in enumerate(slot.containers())}
        warm_up()

    def state(self, phase: int) -> SlotState:
        return self.fold.slots[self.slots[phase].key]

    def until(self, time_s: float, last_s: float = LAST_S) -> None:
        """Folds what comes until then, in short steps in the last `last_s`."""
        while True:
            step_s = STEP_S if self.reached_s < time_s - last_s else LAST_STEP_S
            now_s = self.reached_s + step_s
            if now_s > time_s:
                return
            self.reached_s = now_s
            for slot in self.slots.values():
                if now_s % ROSTER_INTERVAL_S < step_s:
                    self._apply(slot, slot.roster_event(now_s))
                self._apply(slot, slot.metrics(now_s))

    def _apply(self, slot: Slot, event: AnyEvent) -> None:
        record = Record(0, self._offset, slot.key, encode(event), 0.0)
        self._offset += 1
        effects = self.fold.apply(record)
        assert not effects.dead_letters, effects.dead_letters[0].detail
        for command in effects.commands:
            slot.sizes[self._place[command.container]] = command.target
            self._apply(slot, applied(command, command.time_s))

    def write(self, file: Path) -> None:
        file.write_bytes(pickle.dumps((self.slots, self.fold.slots, self.reached_s, self._offset)))

    @classmethod
    def read(cls, file: Path) -> Self:
        """What `write` wrote, by this version of the engine."""
        warm = cls.__new__(cls)
        warm.slots, states, warm.reached_s, warm._offset = pickle.loads(file.read_bytes())  # noqa: S301
        warm._begin()
        warm.fold.slots = states
        return warm

    def row(self, slot: Slot) -> bytes:
        """The row of state of a slot, on the wall's clock."""
        state = self.state(slot.phase)
        plain: dict[str, Any] = {f.name: getattr(state, f.name) for f in fields(state) if f.name not in TABLES}
        plain |= {
            "cluster": slot.cluster, "slot": slot.number, "slots": slot.slots, "clock": "wall", "applied": -1,
            "containers": slot.containers(), "rosters": {slot.roster: np.arange(len(slot))}, "counters": {},
        }  # fmt: skip
        return pack(SlotState(**plain, **{name: getattr(state, name).take(slot.copied) for name in TABLES}))

    def clusters(self, containers: int, per_cluster: int, partitions: int, prefix: str = "c") -> dict[str, list[Slot]]:
        """Slots by cluster, of `per_cluster` containers each, whose sizes are those that the state has come to."""
        names = [f"{prefix}{number:04d}" for number in range(max(1, containers // per_cluster))]
        found = {name: slots_of(name, per_cluster, partitions) for name in names}
        for slot in (slot for slots in found.values() for slot in slots):
            slot.take_sizes(self.slots[slot.phase].sizes)
        return found


def slots_by_phase(phases: int) -> dict[int, Slot]:
    """A slot of a large cluster for each of the first phases."""
    found: dict[int, Slot] = {}
    for slot in slots_of(CLUSTER, SLOTS * DISTINCT * 2, 1, SLOTS):
        if slot.phase < phases and slot.phase not in found and len(slot) >= DISTINCT:
            numbers = slot.numbers[:DISTINCT]
            found[slot.phase] = Slot(CLUSTER, slot.number, SLOTS, 0, numbers, np.arange(DISTINCT))
    return found
