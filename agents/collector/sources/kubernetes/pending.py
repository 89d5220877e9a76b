"""What happened to containers and was not told yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from agents.collector.sources.kubernetes.distress import News
from agents.collector.sources.kubernetes.index import Workload
from agents.collector.sources.kubernetes.specs import Row

COLUMNS: Final = ("restarts", "oom_kills", "evictions", "unschedulable")
KEPT_S: Final = 120.0
"""What befell a container that no roster has (its pod is over, and the next not there yet) waits so long for one."""


class _Entry(NamedTuple):
    news: News
    node_type: str
    time_s: float


class Pending:
    def __init__(self) -> None:
        self._of: dict[Workload, list[_Entry]] = {}

    def add(self, workload: Workload, found: Sequence[News], node_type: str, time_s: float) -> None:
        """`node_type` of the node where it happened: which of a DaemonSet's rows it is of."""
        if found:
            self._of.setdefault(workload, []).extend(_Entry(news, node_type, time_s) for news in found)

    def take(self, rows: Sequence[tuple[Workload, Row]], now_s: float) -> dict[str, list[int | None]]:
        """Columns of a slot's message, without those that say nothing. What they have is told."""
        counts = {name: [0] * len(rows) for name in COLUMNS}
        told: set[tuple[Workload, int]] = set()
        for number, (workload, row) in enumerate(rows):
            for position, entry in enumerate(self._of.get(workload, ())):
                if _is_of(entry, workload, row):
                    counts[entry.news.kind][number] += entry.news.times
                    told.add((workload, position))
        for workload in {workload for workload, _ in rows} & self._of.keys():
            self._drop(workload, {position for of, position in told if of == workload}, now_s)
        return {name: list(cells) for name, cells in counts.items() if any(cells)}

    def _drop(self, workload: Workload, told: set[int], now_s: float) -> None:
        left = [e for n, e in enumerate(self._of[workload]) if n not in told and now_s - e.time_s < KEPT_S]
        if left:
            self._of[workload] = left
        else:
            del self._of[workload]

    def expire(self, now_s: float) -> None:
        """Of workloads that have no rows any more."""
        for workload in list(self._of):
            self._drop(workload, set(), now_s)


def _is_of(entry: _Entry, workload: Workload, row: Row) -> bool:
    """What befell a pod befell each of its containers."""
    here = workload.kind != "DaemonSet" or entry.node_type == (row.spec.node_type or "")
    return here and entry.news.container in (None, row.spec.container)
