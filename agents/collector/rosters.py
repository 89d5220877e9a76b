"""Containers to events: rosters and metrics of the slots of one cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.codec import roster_hash
from engine.identity import slot_of
from engine.messages import Cluster, ContainerSpec, Metrics, Roster
from engine.units import CPU, MEMORY

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
ROSTER_INTERVAL_S: Final = 600.0
DECIMALS: Final = (9, 0)
"""Of amounts, by resource: a nanocore, a byte; the engine counts in no smaller ones."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Usage of n containers: `value` [n, 2], cores and bytes of the largest replica, NaN for none.

    `throttled` [n], share of CFS periods; `oom_kills` [n], each a restart; `times_s` [n] where rows were sampled before
    the message's time. `total` [n, 2] over the `replicas` [n] that have a value; `measured_on` [n]: the node type of
    the replica whose CPU it is, where that is not the roster's.
    """

    value: Floats
    throttled: Floats
    oom_kills: Integers
    times_s: Floats | None = None
    total: Floats | None = None
    replicas: Integers | None = None
    measured_on: Sequence[str | None] | None = None


@dataclass(slots=True)
class _Slot:
    """`rows`: which row of the source each container of the roster is."""

    rows: Integers
    roster: str
    specs: list[ContainerSpec]
    sent_s: float | None = None


class Fleet:
    """The containers of one cluster, arranged by slot, and what of it the engine was told."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._slots: dict[int, _Slot] = {}
        self.arrange([], [])

    def arrange(self, specs: Sequence[ContainerSpec], rows: Sequence[int]) -> None:
        """The cluster now runs `specs`; `rows[i]` is the source's row of `specs[i]`."""
        members: dict[int, list[tuple[ContainerSpec, int]]] = {slot: [] for slot in range(self._cluster.slots)}
        for spec, row in zip(specs, rows, strict=True):
            slot = slot_of(spec.namespace, spec.workload, self._cluster.slots)
            members[slot].append((spec, row))
        for slot, pairs in members.items():
            here = [spec for spec, _ in pairs]
            roster = roster_hash(here)
            known = self._slots.get(slot)
            told_s = known.sent_s if known is not None and known.roster == roster else None
            self._slots[slot] = _Slot(np.array([row for _, row in pairs], np.int64), roster, here, told_s)

    def rosters(self, time_s: float, everything: bool = False) -> list[Roster]:
        """Rosters that are due at `time_s`: changed, not sent for ten minutes, or `everything`.

        A slot without containers has no metrics, so its roster goes each time: the engine's time moves in all slots.
        """
        due = []
        for number, slot in sorted(self._slots.items()):
            if everything or slot.sent_s is None or not slot.specs or time_s - slot.sent_s >= ROSTER_INTERVAL_S:
                slot.sent_s = time_s
                due.append(roster_event(self._cluster.name, number, time_s, slot.roster, slot.specs))
        return due

    def forget_sent(self) -> None:
        """All rosters are due again: what was sent may not have arrived."""
        for slot in self._slots.values():
            slot.sent_s = None

    def metrics(self, time_s: float, usage: Usage) -> list[Metrics]:
        """One scrape of all slots that have containers."""
        return [
            metrics_event(self._cluster.name, number, time_s, slot.roster, taken(usage, slot.rows))
            for number, slot in sorted(self._slots.items())
            if slot.specs
        ]


def taken(usage: Usage, rows: Integers) -> Usage:
    """These rows of it, in this order."""
    return Usage(
        usage.value[rows],
        usage.throttled[rows],
        usage.oom_kills[rows],
        None if usage.times_s is None else usage.times_s[rows],
        None if usage.total is None else usage.total[rows],
        None if usage.replicas is None else usage.replicas[rows],
        None if usage.measured_on is None else [usage.measured_on[row] for row in rows.tolist()],
    )


def roster_event(cluster: str, slot: int, time_s: float, roster: str, specs: list[ContainerSpec]) -> Roster:
    return Roster(cluster=cluster, slot=slot, sent_s=0.0, roster=roster, time_s=time_s, containers=specs)


def metrics_event(cluster: str, slot: int, time_s: float, roster: str, usage: Usage) -> Metrics:
    """The rows of `usage` are those of the roster. Columns that say nothing are left out."""
    kills = usage.oom_kills.tolist() if usage.oom_kills.any() else None
    several = usage.replicas is not None and bool((usage.replicas > 1).any())
    total, replicas = (usage.total, usage.replicas) if several else (None, None)
    return Metrics(
        cluster=cluster,
        slot=slot,
        sent_s=0.0,
        roster=roster,
        time_s=time_s,
        cpu_max=cells(usage.value[:, CPU], DECIMALS[CPU]),
        memory_max=cells(usage.value[:, MEMORY], DECIMALS[MEMORY]),
        throttled=cells(usage.throttled, 4) if np.nan_to_num(usage.throttled).any() else None,
        restarts=kills,
        oom_kills=kills,
        times_s=_times(usage, time_s),
        cpu_sum=None if total is None else cells(total[:, CPU], DECIMALS[CPU]),
        memory_sum=None if total is None else cells(total[:, MEMORY], DECIMALS[MEMORY]),
        replicas=None if replicas is None else [count or None for count in replicas.tolist()],
        measured_on=list(usage.measured_on) if usage.measured_on is not None and any(usage.measured_on) else None,
    )


def cells(column: Floats, decimals: int) -> list[float | None]:
    """A column of a message: rounded, NaN as None."""
    rounded = np.round(column, decimals)
    values: list[float | None] = rounded.tolist()
    for row in np.flatnonzero(np.isnan(rounded)):
        values[row] = None
    return values


def _times(usage: Usage, time_s: float) -> list[float | None] | None:
    """Absent when every row that has a value was sampled at the message's time."""
    if usage.times_s is None:
        return None
    own = ~np.isnan(usage.value).all(axis=1) & (usage.times_s != time_s)
    return [t if o else None for t, o in zip(usage.times_s.tolist(), own, strict=True)] if own.any() else None
