"""State of slots that have run for days: folded once for a few hundred containers, and copied under other names.

A new engine has empty forecasts, which cost less to keep and to compute. So measured is one whose state is full.
"""

from __future__ import annotations

import pickle
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from benchmarks.speed.scale.fleet import PATTERNS, Patterns, Sizes, Slot, slots_of
from engine.codec import encode
from engine.core.partition import PartitionFold, Record
from engine.core.snapshot import pack
from engine.core.state import TABLES, SlotState
from engine.core.warm_up import warm_up
from engine.messages import AnyEvent, Autopilot, Control, Declare, Metrics, Outcome
from engine.shell.context import shipped_context

CLUSTER: Final = "warm"
STEP_S: Final = 300.0
LAST_STEP_S: Final = 60.0
"""Seconds between scrapes, and in the last hours, in which peaks between scrapes are to be seen too."""
LAST_S: Final = 6 * 3600.0
ROSTER_S: Final = 600.0


class Warm:
    """One slot of all patterns, auto-pilot full, every command applied at once; `reached_s` is its event time."""

    def __init__(self, begin_s: float) -> None:
        self.patterns = Patterns.seeded()
        every = np.arange(PATTERNS)
        self.slot = Slot(CLUSTER, 0, 1, 0, every, Sizes.generous(self.patterns, every))
        self.reached_s = begin_s
        self._offset = 0
        self._begin()
        for body in (Declare(slots=1, clock="replay"), Autopilot(stage="full")):
            self._apply(Control(cluster=CLUSTER, slot=0, sent_s=begin_s, body=body))

    def _begin(self) -> None:
        self.fold = PartitionFold(0, 1, shipped_context())
        self._random = np.random.default_rng(2)
        self._place = {container: row for row, container in enumerate(self.slot.containers())}
        warm_up()

    @property
    def state(self) -> SlotState:
        return self.fold.slots[self.slot.key]

    def until(self, time_s: float, last_s: float = LAST_S) -> None:
        """Folds what comes until then, in short steps in the last `last_s`."""
        while True:
            step_s = STEP_S if self.reached_s < time_s - last_s else LAST_STEP_S
            now_s = self.reached_s + step_s
            if now_s > time_s:
                return
            self.reached_s = now_s
            if now_s % ROSTER_S < step_s:
                self._apply(self.slot.roster_event(now_s))
            cpu, memory = self.patterns.at(now_s, self.slot.rows, self.slot.seed, self._random)
            self._apply(metrics_of(self.slot, now_s, cpu, memory))

    def _apply(self, event: AnyEvent) -> None:
        record = Record(0, self._offset, self.slot.key, encode(event), 0.0)
        self._offset += 1
        for command in self.fold.apply(record).commands:
            self.slot.sizes.set(self._place[command.container], command.target)
            self._apply(outcome_of(CLUSTER, 0, command, command.time_s))

    def write(self, file: Path) -> None:
        file.write_bytes(pickle.dumps((self.patterns, self.slot, self.state, self.reached_s, self._offset)))

    @classmethod
    def read(cls, file: Path) -> Self:
        """What `write` wrote, by this version of the engine."""
        warm = cls.__new__(cls)
        warm.patterns, warm.slot, state, warm.reached_s, warm._offset = pickle.loads(file.read_bytes())  # noqa: S301
        warm._begin()
        warm.fold.slots[state.key] = state
        return warm

    def row(self, slot: Slot) -> bytes:
        """The row of state of a slot whose containers are copies of the patterns. `clock` is the wall."""
        state, index = self.state, slot.rows
        plain: dict[str, Any] = {f.name: getattr(state, f.name) for f in fields(state) if f.name not in TABLES}
        plain |= {
            "cluster": slot.cluster, "slot": slot.slot, "slots": slot.slots, "clock": "wall", "applied": -1,
            "containers": slot.containers(), "rosters": {slot.roster: list(range(len(index)))}, "counters": {},
        }
        return pack(SlotState(**plain, **{name: getattr(state, name).take(index) for name in TABLES}))

    def clusters(self, containers: int, per_cluster: int, partitions: int, prefix: str = "c") -> dict[str, list[Slot]]:
        """Slots by cluster, of `per_cluster` containers each, whose sizes are those that the patterns have come to."""
        return {
            f"{prefix}{number:04d}": list(
                slots_of(f"{prefix}{number:04d}", per_cluster, partitions, self.slot.sizes)
            )
            for number in range(max(1, containers // per_cluster))
        }


def metrics_of(slot: Slot, time_s: float, cpu: Any, memory: Any, oom_kills: list[int | None] | None = None) -> Metrics:
    return Metrics(
        cluster=slot.cluster,
        slot=slot.slot,
        sent_s=time_s,
        roster=slot.roster,
        time_s=time_s,
        cpu_max=np.round(cpu, 6).tolist(),
        memory_max=np.rint(memory).tolist(),
        oom_kills=oom_kills,
    )


def outcome_of(cluster: str, slot: int, command: Any, time_s: float) -> Outcome:
    """The command was applied."""
    return Outcome(
        cluster=cluster,
        slot=slot,
        sent_s=time_s,
        container=command.container,
        command_id=command.id,
        status="applied",
        size=command.target,
        time_s=time_s,
    )
