"""Usage of the containers of one slot by buckets, in a ring: a long log takes no more room than its last days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from engine.backtest.buckets import Bucketed
from engine.budget.history import History
from engine.core.batch import read_batch
from engine.core.context import TimeRules
from engine.core.placement import amounts_of
from engine.core.rows import Array
from engine.core.state import ROSTERS_KEPT
from engine.core.window import bucket_of
from engine.identity import container_id
from engine.messages import ContainerSpec, Metrics, Roster

KEPT: Final = {"total": "f4", "count": "u2", "peak": "f4", "request": "f4", "replicas": "u2"}
"""Columns and their types: 32 bytes a container and bucket, 9 kB a day."""
_SUMS: Final = ("cpu_sum", "memory_sum")


@dataclass(frozen=True, slots=True)
class Seen:
    """A container, and whether it `runs`: its last row of a roster, usage of one replica (the mean one's; peaks of the
    largest), and what all replicas requested and used."""

    spec: ContainerSpec
    runs: bool
    series: Bucketed
    history: History


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of a roster: their `place` in the arrays [n], what they request [n, 2] and their replicas [n]."""

    place: Array
    request: Array
    replicas: Array


@dataclass(slots=True)
class SlotUsage:
    """Arrays have a row per container that was ever named, and a column per bucket of the ring, [n, buckets, 2].

    `total` and `count` of the samples of the mean replica; `peak` of the largest; `request` and `replicas` as the
    roster of the samples had them.
    """

    buckets: int
    names: dict[str, int] = field(default_factory=dict)
    specs: list[ContainerSpec] = field(default_factory=list)
    rosters: dict[str, _Rows] = field(default_factory=dict)
    latest: str = ""
    bucket: Array = field(default_factory=lambda: np.empty(0, np.int64))
    arrays: dict[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bucket = np.full(self.buckets, -1, np.int64)
        self.arrays = {name: np.empty((0, self.buckets, 2), kind) for name, kind in KEPT.items()}

    def take_roster(self, roster: Roster) -> None:
        rows = _Rows(
            place=np.array([self._row(spec) for spec in roster.containers], np.int64),
            request=amounts_of([spec.size for spec in roster.containers])[0],
            replicas=np.array([spec.replicas for spec in roster.containers], np.float64),
        )
        if more := len(self.names) - len(self.arrays["total"]):
            for name, array in self.arrays.items():
                self.arrays[name] = np.concatenate([array, np.zeros((more, *array.shape[1:]), array.dtype)])
        self.rosters.pop(roster.roster, None)
        self.rosters[roster.roster] = rows
        self.latest = roster.roster
        while len(self.rosters) > ROSTERS_KEPT:
            del self.rosters[next(iter(self.rosters))]

    def _row(self, spec: ContainerSpec) -> int:
        row = self.names.setdefault(series_id(spec), len(self.names))
        self.specs[row : row + 1] = [spec]
        return row

    def take_metrics(self, metrics: Metrics) -> int:
        """Returns how many rows had no use."""
        if metrics.roster not in self.rosters:  # before the first, it is of a time before what is read
            return len(metrics.cpu_max) if self.latest else 0
        rows = self.rosters[metrics.roster]
        batch = read_batch(metrics, len(rows.place), TimeRules().row_age_s)
        mean, replicas = _mean_replica(metrics, batch.value, rows.replicas)
        bucket = bucket_of(np.nan_to_num(batch.time_s))
        for one in np.unique(bucket[batch.sampled]).tolist():
            if self._turn(one):
                here = np.flatnonzero(batch.sampled & (bucket == one))
                at = rows.place[here], one % self.buckets
                self._add(at, mean[here], batch.value[here])
                self.arrays["request"][at], self.arrays["replicas"][at] = rows.request[here], replicas[here, None]
        return int(batch.refused.sum())

    def _turn(self, bucket: int) -> bool:
        """Whether the ring has this bucket; a newer one takes the place of an old one."""
        place = bucket % self.buckets
        if bucket > self.bucket[place]:
            self.bucket[place] = bucket
            for array in self.arrays.values():
                array[:, place] = 0.0
        return bool(self.bucket[place] == bucket)

    def _add(self, at: tuple[Array, int], mean: Array, peak: Array) -> None:
        known = ~np.isnan(mean)
        self.arrays["total"][at] += np.where(known, mean, 0.0)
        self.arrays["count"][at] += known.astype(np.uint16)
        self.arrays["peak"][at] = np.fmax(self.arrays["peak"][at], peak)

    def seen(self, after: int) -> Iterator[Seen]:
        """All containers, with their buckets after `after`; those run that the newest roster names."""
        runs = set(self.rosters[self.latest].place.tolist())
        order = np.argsort(self.bucket)
        order = order[self.bucket[order] > after]
        for row, spec in enumerate(self.specs):
            columns = {name: array[row, order] for name, array in self.arrays.items()}
            yield _seen(spec, row in runs, self.bucket[order], columns)


def _seen(spec: ContainerSpec, runs: bool, bucket: Array, columns: Mapping[str, Array]) -> Seen:
    sampled = (columns["count"] > 0).any(axis=1)
    bucket, kept = bucket[sampled], {name: column[sampled].astype(np.float64) for name, column in columns.items()}
    with np.errstate(invalid="ignore"):
        mean = kept["total"] / kept["count"]
    peak = np.where(kept["count"] > 0, kept["peak"], np.nan)
    series = Bucketed(series_id(spec), bucket, mean, peak, np.ones(2), np.zeros(2, np.int64))
    return Seen(spec, runs, series, History(bucket, kept["request"] * kept["replicas"], mean * kept["replicas"], runs))


def series_id(spec: ContainerSpec) -> str:
    """Its name within the cluster."""
    return container_id("", spec.namespace, spec.workload, spec.container).removeprefix("/")


def _mean_replica(metrics: Metrics, largest: Array, stated: Array) -> tuple[Array, Array]:
    """Usage of the mean replica [n, 2], and replicas [n]: by the sums where there are any, else that of the largest."""
    counted = stated if metrics.replicas is None else np.array(metrics.replicas, dtype=np.float64)
    replicas = np.fmax(np.where(np.isnan(counted), stated, counted), 1.0)
    mean = largest.copy()
    for resource, name in enumerate(_SUMS):
        if (cells := getattr(metrics, name)) is not None:
            by_sum = np.array(cells, dtype=np.float64) / replicas
            mean[:, resource] = np.where(np.isnan(by_sum), mean[:, resource], by_sum)
    return mean, replicas
