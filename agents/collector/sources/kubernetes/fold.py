"""Replicas of a container to one row of a message: what the one that needs most needs, and what all use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from agents.collector.rosters import DECIMALS
from agents.collector.sources.kubernetes.meter import Sample
from engine.messages import Metrics
from engine.units import CPU, MEMORY


class Replica(NamedTuple):
    sample: Sample
    node_type: str


class Row(NamedTuple):
    """One row's cells. `time_s`: of the newest sample. `replicas`: those that have a sample, which the sums are over.

    Requests must fit the replica that needs most, of each resource for itself. `measured_on`: its node type, by CPU.
    """

    time_s: float
    cpu_max: float | None
    memory_max: float | None
    cpu_sum: float | None
    memory_sum: float | None
    replicas: int
    throttled: float | None
    measured_on: str | None


NOTHING = Row(0.0, None, None, None, None, 0, None, None)


def fold(replicas: Sequence[Replica], node_type: str) -> Row:
    """Of a container that the roster has on `node_type`. None of a value is none: no replica has it."""
    if not replicas:
        return NOTHING
    cpu = [r for r in replicas if r.sample.cpu is not None]
    most = max(cpu, key=lambda r: r.sample.cpu or 0.0, default=None)
    memory = [r.sample.memory for r in replicas if r.sample.memory is not None]
    throttled = [r.sample.throttled for r in replicas if r.sample.throttled is not None]
    return Row(
        time_s=max(r.sample.time_s for r in replicas),
        cpu_max=None if most is None else most.sample.cpu,
        memory_max=max(memory, default=None),
        cpu_sum=sum(r.sample.cpu or 0.0 for r in cpu) if cpu else None,
        memory_sum=sum(memory) if memory else None,
        replicas=len(replicas),
        throttled=max(throttled, default=None),
        measured_on=most.node_type if most is not None and most.node_type not in ("", node_type) else None,
    )


def message(
    cluster: str,
    slot: int,
    roster: str,
    time_s: float,
    rows: Sequence[Row],
    counts: Mapping[str, list[int | None]],
) -> Metrics:
    """One scrape of a slot. `counts`: what happened since the one before. Columns that say nothing are absent."""
    several = any(row.replicas > 1 for row in rows)
    times = [row.time_s if row.replicas and row.time_s != time_s else None for row in rows]
    columns: dict[str, Any] = {
        "cpu_sum": _rounded((row.cpu_sum for row in rows), CPU) if several else None,
        "memory_sum": _rounded((row.memory_sum for row in rows), MEMORY) if several else None,
        "replicas": [row.replicas or None for row in rows] if several else None,
        "throttled": [None if row.throttled is None else round(row.throttled, 4) for row in rows],
        "measured_on": [row.measured_on for row in rows],
        "times_s": times,
        **counts,
    }
    return Metrics(
        cluster=cluster, slot=slot, sent_s=0.0, roster=roster, time_s=time_s,
        cpu_max=_rounded((row.cpu_max for row in rows), CPU),
        memory_max=_rounded((row.memory_max for row in rows), MEMORY),
        **{name: cells for name, cells in columns.items() if cells and any(cell is not None for cell in cells)},
    )  # fmt: skip


def _rounded(amounts: Iterable[float | None], resource: int) -> list[float | None]:
    return [None if amount is None else round(amount, DECIMALS[resource]) for amount in amounts]
