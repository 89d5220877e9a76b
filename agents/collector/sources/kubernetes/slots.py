"""Rows of a cluster by slot: rosters that follow the view, and one scrape of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from agents.collector.rosters import ROSTER_INTERVAL_S, roster_event
from agents.collector.sources.kubernetes.fold import NOTHING, Replica, fold, message
from agents.collector.sources.kubernetes.fold import Row as Cells
from agents.collector.sources.kubernetes.index import Workload
from agents.collector.sources.kubernetes.meter import Sample
from agents.collector.sources.kubernetes.pending import Pending
from agents.collector.sources.kubernetes.specs import Place, Row
from agents.collector.sources.kubernetes.view import View
from engine.codec import roster_hash
from engine.messages import Metrics, Roster

Sampled = Callable[[Place], Sample | None]


@dataclass(slots=True)
class Slot:
    """`told_s`: time of the newest sample of a row that was sent, by workload's name, container and node type."""

    workloads: dict[Workload, list[Row]] = field(default_factory=dict)
    rows: list[tuple[Workload, Row]] = field(default_factory=list)
    roster: str = roster_hash([])
    changed: bool = True
    sent_s: float | None = None
    told_s: dict[tuple[str, str, str], float] = field(default_factory=dict)


class Slots:
    """`fresh_s`: older samples say nothing of now."""

    def __init__(
        self, cluster: str, slots: int, view: View, sampled: Sampled, pending: Pending, fresh_s: float
    ) -> None:
        self._cluster, self._view, self._sampled, self._pending = cluster, view, sampled, pending
        self._fresh_s = fresh_s
        self._slots = [Slot() for _ in range(slots)]
        self._where: dict[Workload, int] = {}
        self.ages_s: list[float] = []
        """Of the samples of the last scrape, at its time."""
        self.without_sample = [0] * slots

    def follow(self, numbers: Iterable[int]) -> None:
        """Takes over what changed in the view of these slots; a node that comes changes something in all of them."""
        due, index = set(numbers), self._view.index
        for workload in list(index.dirty):
            known, slot = self._where.get(workload), index.slot_of(workload)
            if slot in due or known in due:
                index.dirty.discard(workload)
                self._place(workload, known, slot, self._view.rows(workload))

    def _place(self, workload: Workload, before: int | None, slot: int, rows: list[Row]) -> None:
        now = slot if rows else None
        if before is not None and before != now:
            del self._slots[before].workloads[workload]
            self._slots[before].changed = True
            del self._where[workload]
        if now is not None and self._slots[now].workloads.get(workload) != rows:
            self._slots[now].workloads[workload] = rows
            self._slots[now].changed = True
            self._where[workload] = now

    def scrape(self, number: int, time_s: float) -> list[Roster | Metrics]:
        """The slot's roster, if it is due, and its metrics, if it has containers.

        While the view is old its rosters are not told again: they would state old sizes as of now.
        """
        slot = self._slots[number]
        if slot.changed:
            self._arrange(slot)
        events: list[Roster | Metrics] = []
        due = slot.sent_s is None or (time_s - slot.sent_s >= ROSTER_INTERVAL_S and self._view.current)
        if due or not slot.rows:  # a slot without containers has no metrics, and its time moves all the same
            specs = [row.spec for _, row in slot.rows]
            events.append(roster_event(self._cluster, number, time_s, slot.roster, specs))
            slot.sent_s = time_s
        if slot.rows:
            events.append(self._metrics(number, slot, time_s))
        return events

    def forget_sent(self) -> None:
        for slot in self._slots:
            slot.sent_s = None

    def _arrange(self, slot: Slot) -> None:
        pairs = [(workload, row) for workload, rows in slot.workloads.items() for row in rows]
        slot.rows = sorted(pairs, key=lambda pair: _name(pair[1]))
        roster = roster_hash([row.spec for _, row in slot.rows])
        if roster != slot.roster:
            slot.sent_s = None
        slot.roster, slot.changed = roster, False
        names = {_name(row) for _, row in slot.rows}
        slot.told_s = {name: told_s for name, told_s in slot.told_s.items() if name in names}

    def _metrics(self, number: int, slot: Slot, time_s: float) -> Metrics:
        self.ages_s, self.without_sample[number] = [], 0
        cells = [self._cells(number, slot, row, time_s) for _, row in slot.rows]
        counts = self._pending.take(slot.rows, time_s)
        return message(self._cluster, number, slot.roster, time_s, cells, counts)

    def _cells(self, number: int, slot: Slot, row: Row, time_s: float) -> Cells:
        """Nothing where nothing is new since what was told."""
        replicas = []
        for place in row.replicas:
            sample = self._sampled(place)
            if sample is not None and sample.time_s >= time_s - self._fresh_s:
                replicas.append(Replica(sample, place.node_type))
        self.without_sample[number] += len(row.replicas) - len(replicas)
        found = fold(replicas, row.spec.node_type or "")
        name = _name(row)
        if found is NOTHING or found.time_s <= slot.told_s.get(name, 0.0):
            return NOTHING
        slot.told_s[name] = found.time_s
        self.ages_s.extend(time_s - replica.sample.time_s for replica in replicas)
        return found


def _name(row: Row) -> tuple[str, str, str]:
    return row.spec.namespace, row.spec.workload, row.spec.container
