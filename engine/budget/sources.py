"""Where a budget comes from: a trace with a sheet, or the log of a cluster that the engine watches."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from engine.backtest.buckets import Bucketed, bucketed
from engine.broker.admin import connect, declared_partitions
from engine.broker.clusters import require_cluster
from engine.broker.reading import read_topic
from engine.budget.budget import Budget, make_budget
from engine.budget.history import History
from engine.budget.live import ClusterLog
from engine.budget.node_sheet import read_capacities
from engine.budget.ring import Seen
from engine.budget.sheet import Sheet, read_sheet
from engine.core.context import Context
from engine.core.rows import Array
from engine.errors import UserError
from engine.identity import partitions_of
from engine.traces import read_trace
from engine.units import BUCKET_S, GIB, MEMORY

LEAST_MEMORY: Final = 4096.0
"""Bytes: no container that runs has less than a page."""
_ROSTERS_S: Final = 1200.0
"""Rosters come every 10 minutes: so much is read before the time that is asked for."""
Say = Callable[[str], None]
"""Told what is being done."""


@dataclass(frozen=True, slots=True)
class Material:
    """A budget, and the containers behind its sums over time, also those that have gone. `notes`: what was left out."""

    name: str
    budget: Budget
    seen: Sequence[Seen]
    notes: Sequence[str]
    capacities: Mapping[str, Array] = field(default_factory=dict)
    """Of nodes of which it was stated, [2] in cores and bytes."""


def from_trace(path: Path, scale: tuple[float, float], sheet_path: Path | None, context: Context, say: Say) -> Material:
    """`scale`: what one unit of the trace is in cores and bytes. Raises UserError."""
    sheet: Sheet = read_sheet(sheet_path) if sheet_path else {}
    capacities = read_capacities(sheet_path) if sheet_path else {}
    say(f"reading {path.name}")
    series = _read(path, np.array(scale))
    say("forecasting with the engine")
    budget = make_budget(series, sheet, context)
    lost = int(sum(one.refused.sum() for one in series))
    notes = [f"{lost} samples left out: larger than any container's."] if lost else []
    return Material(path.name, budget, _seen(budget, series), notes, capacities)


def _seen(budget: Budget, series: Sequence[Bucketed]) -> list[Seen]:
    """By row of the budget; requests of a sheet hold all the time, also of lines without a series."""
    by_name = {one.series_id: one for one in series}
    found = []
    for row, (name, spec) in enumerate(zip(budget.series_ids, budget.specs, strict=True)):
        one = by_name.get(name) or _without_samples(name)
        request = np.tile(budget.request[row] * budget.replicas[row], (len(one.bucket), 1))
        used = one.mean * budget.replicas[row]
        found.append(Seen(spec, True, one, History(one.bucket, request, used, True)))
    return found


def _without_samples(name: str) -> Bucketed:
    nothing = np.empty((0, 2))
    return Bucketed(name, np.empty(0, np.int64), nothing, nothing, np.ones(2), np.zeros(2, np.int64))


def _read(path: Path, scale: Array) -> Sequence[Bucketed]:
    """The trace in cores and bytes. Raises UserError, also when its memory cannot be bytes."""
    series = [bucketed(one, scale) for one in read_trace(path, strict=True)]
    if not any(len(one.bucket) for one in series):
        raise UserError(f"The trace {path} has no value in any row.")
    for one in series:
        highest = np.nanmax(np.append(one.peak[:, MEMORY], 0.0))
        if 0 < highest < LEAST_MEMORY:
            raise UserError(
                f"The memory of series {one.series_id} is {highest:g} bytes at most, which cannot be: "
                "give --memory-gib-per-unit (and --cpu-cores-per-unit) if the trace has other units."
            )
    return series


def from_broker(bootstrap: str, cluster: str, last_s: float, context: Context, say: Say) -> Material:
    """Reads the topics `events`, from `last_s` ago on, and `decisions`; writes nothing. Raises UserError.

    A cluster with the clock of a replay has times of its own: its events are read from their beginning, and the last
    `last_s` of its own time count.
    """
    declared = require_cluster(bootstrap, cluster)
    log = ClusterLog(cluster, max(1, round(last_s / BUCKET_S)))
    since_s = time.time() - last_s - _ROSTERS_S if declared.clock == "wall" else None
    client = connect(bootstrap)
    count = declared_partitions(client, "events")
    partitions = partitions_of(cluster, range(declared.slots), count)
    for key, value in read_topic(bootstrap, "events", partitions, since_s, _counting("events", say)):
        if value is not None:
            log.take_event(key, value)
    count = declared_partitions(client, "decisions")
    for key, value in read_topic(bootstrap, "decisions", range(count), progress=_counting("decisions", say)):
        if value is not None:
            log.take_decision(key, value)
    return from_log(log, context)


def from_log(log: ClusterLog, context: Context) -> Material:
    """The budget of a log that was read. Raises UserError when no container is known."""
    seen = list(log.seen())
    running = [one for one in seen if one.runs]
    if not running:
        raise UserError(
            f"There is no roster of cluster {log.cluster} in what was read. Is its collector running? "
            "Or give a longer --last."
        )
    sheet = {one.series.series_id: one.spec for one in running}
    budget = make_budget([one.series for one in running], sheet, context, log.wanted)
    gone, period = len(seen) - len(running), _period(seen)
    notes = [
        *([f"Usage and requests as the engine was told, {period}."] if period else []),
        *([f"{gone:,} more ran within that time, and are in no sum but the trend of their namespace."] if gone else []),
        *([f"{log.unused:,} samples left out: of a roster that was not read, or out of range."] if log.unused else []),
    ]
    return Material(f"cluster {log.cluster}", budget, seen, notes)


def _period(seen: Sequence[Seen]) -> str:
    """In words, in UTC; empty where nothing was sampled."""
    buckets = np.concatenate([one.series.bucket for one in seen])
    if not len(buckets):
        return ""
    first, last = (
        time.strftime("%Y-%m-%d %H:%M", time.gmtime(bucket * BUCKET_S))
        for bucket in (int(buckets.min()) - 1, int(buckets.max()))
    )
    return f"from {first} to {last} UTC"


def _counting(topic: str, say: Say) -> Callable[[int, int], None]:
    return lambda done, total: say(f"reading {topic}: {done:,} of {total:,} records")


def scale_of(cores: float | None, gib: float | None) -> tuple[float, float]:
    """What one unit of a trace is in cores and bytes; None: a core, a byte."""
    return cores or 1.0, gib * GIB if gib else 1.0
