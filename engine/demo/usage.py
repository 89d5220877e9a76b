"""Usage as the recorded metrics say it, apart from the engine: what its forecasts and decisions are held against."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from engine.core.rows import Array
from engine.demo.trajectories import Trajectories
from engine.identity import container_id
from engine.messages import AnyEvent, Metrics, Roster
from engine.units import BUCKET_S


def span(events: Iterable[AnyEvent]) -> tuple[list[str], int, int]:
    """Containers in the order in which rosters name them, and the first and last bucket with metrics (0, -1: none)."""
    containers: dict[str, None] = {}
    times: list[float] = []
    for event in events:
        if isinstance(event, Roster):
            containers.update(dict.fromkeys(_names(event)))
        elif isinstance(event, Metrics):
            times.append(event.time_s)
    if not times:
        return list(containers), 0, -1
    return list(containers), _bucket(min(times)), _bucket(max(times))


def note_usage(events: Iterable[AnyEvent], into: Trajectories) -> None:
    """Mean and peak of the largest replica in each bucket. Each slot's events must be in their order."""
    row_of = {name: row for row, name in enumerate(into.containers)}
    rosters: dict[tuple[str, int, str], list[int]] = {}
    total = np.zeros(into.mean.shape)
    count = np.zeros(into.mean.shape, np.int32)
    for event in events:
        if isinstance(event, Roster):
            rosters[event.cluster, event.slot, event.roster] = [row_of[name] for name in _names(event)]
        elif isinstance(event, Metrics):
            rows = rosters.get((event.cluster, event.slot, event.roster))
            position = _bucket(event.time_s) - into.first
            value = np.array([event.cpu_max, event.memory_max], dtype=np.float64).T
            if rows is not None and len(rows) == len(value):
                _add(rows, position, value, total, count, into.peak)
    np.divide(total, count, out=into.mean, where=count > 0, casting="same_kind")


def _add(rows: list[int], position: int, value: Array, total: Array, count: Array, peak: Array) -> None:
    has = ~np.isnan(value)
    total[rows, position] += np.where(has, value, 0.0)
    count[rows, position] += has
    peak[rows, position] = np.fmax(peak[rows, position], value)


def _names(roster: Roster) -> list[str]:
    return [container_id(roster.cluster, s.namespace, s.workload, s.container) for s in roster.containers]


def _bucket(time_s: float) -> int:
    """The bucket that holds a time; buckets are closed at their start and open at their end, and named by the end."""
    return int(time_s // BUCKET_S) + 1
