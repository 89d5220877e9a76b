"""Traces: series of CPU and memory by time, as users have them in a CSV. Read by the collector and the backtest."""

from __future__ import annotations

import csv
import gzip
import io
import math
import zlib
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError
from engine.units import DAY_S, EARLIEST_S, LATEST_S

Floats = NDArray[np.float64]
COLUMNS: Final = ("series_id", "timestamp_s", "cpu", "mem")


@dataclass(frozen=True, slots=True)
class Series:
    """`time_s` [n], never falling; `value` [n, 2], CPU and memory in the trace's units, NaN for none."""

    name: str
    time_s: Floats
    value: Floats

    def between(self, start_s: float, end_s: float) -> Series:
        """Its part in [start, end)."""
        keep = (self.time_s >= start_s) & (self.time_s < end_s)
        return Series(self.name, self.time_s[keep], self.value[keep])


def read_trace(path: Path, strict: bool = False) -> list[Series]:
    """The series of a CSV, plain or .gz, in the order of their first rows. Nothing is filled or interpolated.

    Raises UserError, with the number of the line: no header, a field that is no number, times that fall, no rows.
    `strict` refuses more: a series whose rows are not together, two rows of one time, negative amounts.
    """
    number = 0
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            lines = csv.reader(io.TextIOWrapper(file, "utf-8-sig", newline=""))
            rows = _Rows(path, next(lines, []), strict)
            for line in lines:
                number = lines.line_num
                if line:
                    rows.take(number, line)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        after = f" after line {number}" if number else ""
        raise UserError(f"The trace {path} cannot be read{after}: {error}.") from error
    return rows.series()


class _Rows:
    """Collects the rows of a file, and refuses what is wrong with the number of its line."""

    def __init__(self, path: Path, header: list[str], strict: bool) -> None:
        if [name for name in COLUMNS if name not in header]:
            raise UserError(f"{path} line 1: expected the header {','.join(COLUMNS)}, got {','.join(header)!r}.")
        self._path, self._strict, self._fields = path, strict, len(header)
        self._places = [header.index(name) for name in COLUMNS]
        self._columns: dict[str, tuple[array[float], array[float], array[float]]] = {}
        self._newest = ""

    def take(self, number: int, line: list[str]) -> None:
        """Raises UserError."""
        try:
            name, time_s, cpu, memory = _row([line[place] for place in self._places])
            times, cpus, memories = self._columns.setdefault(name, (array("d"), array("d"), array("d")))
            if times:
                self._check_order(name, time_s, times[-1])
            if self._strict and (cpu < 0 or memory < 0):
                raise ValueError(f"expected amounts of at least 0, got {cpu:g} in cpu and {memory:g} in mem")
        except IndexError:
            raise UserError(f"{self._path} line {number}: expected {self._fields} fields, got {len(line)}.") from None
        except ValueError as error:
            raise UserError(f"{self._path} line {number}: {error}.") from None
        times.append(time_s)
        cpus.append(cpu)
        memories.append(memory)
        self._newest = name

    def _check_order(self, name: str, time_s: float, last_s: float) -> None:
        """Raises ValueError."""
        if time_s < last_s:
            raise ValueError(f"series {name} is not sorted by time: {time_s:.10g} comes after {last_s:.10g}")
        if self._strict and time_s == last_s:
            raise ValueError(f"series {name} has two rows of time {time_s:.10g}")
        if self._strict and name != self._newest:
            raise ValueError(f"series {name} comes back after {self._newest}: the rows of a series must be together")

    def series(self) -> list[Series]:
        """Raises UserError when there is none."""
        if not self._columns:
            raise UserError(f"The trace {self._path} holds no rows.")
        return [Series(name, np.array(t), np.stack([c, m], axis=1)) for name, (t, c, m) in self._columns.items()]


def _row(fields: list[str]) -> tuple[str, float, float, float]:
    """Raises ValueError."""
    name, time_s = fields[0].strip(), _number("timestamp_s", fields[1])
    if not name:
        raise ValueError("series_id is empty")
    if not EARLIEST_S <= time_s <= LATEST_S:  # also when it is empty
        raise ValueError(f"expected timestamp_s in seconds since 1970 or since the start, got {fields[1]!r}")
    return name, time_s, _number("cpu", fields[2]), _number("mem", fields[3])


def _number(column: str, text: str) -> float:
    if not text or text.isspace():
        return math.nan
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"expected a number in {column}, got {text!r}") from None
    if not math.isfinite(value):
        raise ValueError(f"expected a finite number in {column}, got {text!r}")
    return value


def span_s(trace: list[Series]) -> tuple[float, float]:
    """First and last time of any series."""
    return min(float(s.time_s[0]) for s in trace), max(float(s.time_s[-1]) for s in trace)


def part_of(trace: list[Series], start_day: float, days: float) -> list[Series]:
    """The days asked for, counted from the trace's start; 0 days are all that are left. Raises UserError."""
    first_s, last_s = span_s(trace)
    start_s = first_s + start_day * DAY_S
    end_s = start_s + days * DAY_S if days else np.inf
    part = [s for s in (series.between(start_s, end_s) for series in trace) if len(s.time_s)]
    if not part:
        length = (last_s - first_s) / DAY_S
        raise UserError(f"The trace has nothing after day {start_day:g}: it is {length:.1f} days long.")
    return part
