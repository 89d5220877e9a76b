"""A metrics message as arrays: cells that cannot be used are dropped alone, with a reason each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core.effects import Refused
from engine.core.rows import Array
from engine.messages import DroppedCell, Metrics
from engine.units import EARLIEST_S, LARGEST

USAGE: Final = ("cpu_max", "memory_max")
HIGHEST: Final = {
    "cpu_max": LARGEST[0],
    "cpu_sum": LARGEST[0],
    "memory_max": LARGEST[1],
    "memory_sum": LARGEST[1],
    "throttled": 1.0,
    "restarts": 1e6,
    "oom_kills": 1e6,
    "evictions": 1e6,
    "unschedulable": 1e6,
    "replicas": 1e6,
}
"""A cell lies within 0 and this, or is dropped."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Row i belongs to row i of the roster. `value` float [n, 2], NaN "none"; `sampled`: has a usable value.

    `refused`: had a value, but none that is usable. `throttled` (0..1) and what is counted are 0 where absent.
    `measured_on`: node types where they are not the roster's, None where none is.
    """

    time_s: Array
    value: Array
    throttled: Array
    oom_kills: Array
    evictions: Array
    unschedulable: Array
    sampled: Array
    refused: Array
    dropped: list[DroppedCell]
    measured_on: Sequence[str | None] | None = None


@dataclass(frozen=True, slots=True)
class UsageColumn:
    """A column of usage as it came: `value` float64 [k], NaN for null, and where it was not null, bool [k]."""

    value: Array
    present: Array


Usage = dict[str, UsageColumn]
"""By the names of `USAGE`."""


def usage_of(message: Metrics) -> Usage:
    """The columns of CPU and memory, which are of the roster's length only if the message is right."""
    return {name: _usage_column(getattr(message, name)) for name in USAGE}


def _usage_column(cells: Sequence[float | None]) -> UsageColumn:
    value = np.array(cells, dtype=np.float64)
    present = ~np.isnan(value)
    for row in np.flatnonzero(~present).tolist():
        present[row] = cells[row] is not None
    return UsageColumn(value, present)


def samples_in(message: Metrics, usage: Usage | None = None) -> int:
    """Rows that hold a value of CPU or memory: what is counted as samples of a message that is refused whole."""
    cpu, memory = (column.present for column in (usage or usage_of(message)).values())
    both = min(len(cpu), len(memory))
    return int((cpu[:both] | memory[:both]).sum())


def read_batch(message: Metrics, rows: int, row_age_s: float, usage: Usage | None = None) -> Batch:
    """Reads the columns against a roster of `rows`. Raises Refused when a column has another length.

    usage: what `usage_of` says of the message, if it is known already; its values are changed.
    """
    dropped: list[DroppedCell] = []
    usage = usage or usage_of(message)
    columns = {name: _read(message, name, rows, dropped, usage) for name in HIGHEST}
    value = np.stack([_or_none(columns[name], rows) for name in USAGE], axis=1)
    present = np.logical_or(*(usage[name].present for name in USAGE))
    time_s = _times(message, rows, row_age_s, dropped)
    timely = ~np.isnan(time_s)
    if message.measured_on is not None:
        _check_length("measured_on", message.measured_on, rows)
    sampled = timely & ~np.isnan(value).all(axis=1)
    return Batch(
        time_s=time_s,
        value=value,
        throttled=np.nan_to_num(_or_none(columns["throttled"], rows)),
        oom_kills=_counted(columns["oom_kills"], timely),
        evictions=_counted(columns["evictions"], timely),
        unschedulable=_counted(columns["unschedulable"], timely),
        sampled=sampled,
        refused=present & ~sampled,
        dropped=dropped,
        measured_on=message.measured_on,
    )


def _counted(column: Array | None, timely: Array) -> Array:
    return np.where(timely, np.nan_to_num(_or_none(column, len(timely))), 0.0)


def _or_none(column: Array | None, rows: int) -> Array:
    return np.full(rows, np.nan) if column is None else column


def _read(message: Metrics, name: str, rows: int, dropped: list[DroppedCell], usage: Usage) -> Array | None:
    cells: Sequence[float | None] | None = getattr(message, name)
    if cells is None:
        return None
    _check_length(name, cells, rows)
    column = usage[name].value if name in usage else np.array(cells, dtype=np.float64)
    for row in np.flatnonzero((column < 0) | (column > HIGHEST[name])):
        _drop(dropped, int(row), name, float(column[row]), "out_of_range")
        column[row] = np.nan
    return column


def _times(message: Metrics, rows: int, row_age_s: float, dropped: list[DroppedCell]) -> Array:
    """Time of each row, NaN where it is not within `row_age_s` before the message's."""
    time_s = np.full(rows, message.time_s)
    if message.times_s is None:
        return time_s
    _check_length("times_s", message.times_s, rows)
    own = np.array(message.times_s, dtype=np.float64)
    time_s = np.where(np.isnan(own), time_s, own)
    for row in np.flatnonzero((time_s > message.time_s) | (time_s < max(EARLIEST_S, message.time_s - row_age_s))):
        _drop(dropped, int(row), "times_s", float(time_s[row]), "time_out_of_range")
        time_s[row] = np.nan
    return time_s


def _check_length(name: str, cells: Sequence[object], rows: int) -> None:
    if len(cells) != rows:
        raise Refused("column_length", f"Expected {rows} rows as in the roster, got {len(cells)} - at `$.{name}`")


def _drop(dropped: list[DroppedCell], row: int, column: str, value: float, reason: str) -> None:
    dropped.append(DroppedCell(row, column, value if np.isfinite(value) else None, reason))
