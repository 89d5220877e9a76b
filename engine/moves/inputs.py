"""Needs and containers from CSV, and the small quantities of the command line. All raise UserError."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

import numpy as np

from engine.core.rows import Array
from engine.errors import UserError
from engine.sheets import parse_table, read_text, usable
from engine.units import DAY_S, GIB

SLOTS: Final = 48
SLOT_S: Final = 1800
EXAMPLE: Final = "nightly-batch.csv"
MOST: Final = 100_000
"""Replicas of one container in a file: above is a slip of the keyboard."""


@dataclass(frozen=True, slots=True)
class Needs:
    """`amounts` float64 [48, 2] in cores and bytes, by half hours from `start_s` (UTC); `source` in words."""

    amounts: Array
    start_s: int
    source: str

    def clock(self, slot: int) -> str:
        """The start of a slot, such as `00:30`; the end of the plan is a day later and reads the same."""
        time_s = (self.start_s + slot * SLOT_S) % DAY_S
        return f"{time_s // 3600:02d}:{time_s % 3600 // 60:02d}"


def read_needs(path: Path) -> Needs:
    """A CSV with time, cpu (cores) and memory_gib, a line for each half hour; fewer than 48 are repeated."""
    return parse_needs(read_text(path), path.name)


def example_needs() -> Needs:
    """The packaged one: balanced by day, a batch at night that needs much memory."""
    text = (files("engine.moves") / "assets" / EXAMPLE).read_text(encoding="utf-8")
    return parse_needs(text, f"the example {EXAMPLE}")


def parse_needs(text: str, name: str) -> Needs:
    """The same from text; `name` is what errors call it."""
    times, amounts = [], []
    for line, row in _rows(text, name, ("time", "cpu", "memory_gib")):
        times.append(_time(row["time"], f"{name}, line {line}"))
        amounts.append(_amounts(row, f"{name}, line {line}"))
        if len(times) > 1 and (times[-1] - times[-2]) % DAY_S != SLOT_S:
            raise UserError(f"{name}, line {line}: expected half an hour after the line before, got {row['time']!r}.")
    if not times or SLOTS % len(times):
        raise UserError(f"{name}: expected {SLOTS} half hours, or a part of a day that repeats, got {len(times)}.")
    return Needs(np.tile(np.array(amounts), (SLOTS // len(times), 1)), times[0], name)


def read_group(path: Path) -> Array:
    """Needs of a cluster's containers, float64 [n, 2]: a CSV with name, cpu and memory_gib; `replicas` if you like."""
    amounts: list[tuple[float, float]] = []
    for line, row in _rows(read_text(path), path.name, ("name", "cpu", "memory_gib")):
        where = f"{path.name}, line {line}"
        amounts += [_amounts(row, where)] * _whole(row.get("replicas") or "1", "replicas", where)
    if not amounts:
        raise UserError(f"{path.name}: there is no container in it.")
    return np.array(amounts)


def hours_of(text: str, option: str) -> float:
    """A time such as `0m`, `90s`, `30m` or `1h`, in hours."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text.strip())
    if found is None:
        raise UserError(f"{option}: expected a time such as 0m, 30m or 1h, got {text!r}.")
    return float(found[1]) * {"s": 1 / 3600, "m": 1 / 60, "h": 1.0}[found[2]]


def slots_of(hours: float) -> int:
    """Rounded up: what arrives within a slot is there for the next."""
    return math.ceil(hours * 3600 / SLOT_S - 1e-9)


def _rows(text: str, name: str, columns: Sequence[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        for line in usable(parse_table(text, columns)):
            yield line.number, line.cells
    except UserError as error:
        raise UserError(f"{name}, {error}.") from None


def _amounts(row: Mapping[str, str], where: str) -> tuple[float, float]:
    return _number(row["cpu"], "cores", where), _number(row["memory_gib"], "GiB", where) * GIB


def _number(text: str, what: str, where: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise UserError(f"{where}: expected {what}, got {text!r}.")
    return number


def _whole(text: str, what: str, where: str) -> int:
    number = _number(text, f"a whole number of {what}", where)
    if number != int(number) or number > MOST:
        raise UserError(f"{where}: expected a whole number of {what}, got {text!r}.")
    return int(number)


def _time(text: str, where: str) -> int:
    """HH:MM or seconds; a slot may begin at any of them."""
    if found := re.fullmatch(r"(\d{1,2}):(\d\d)", text.strip()):
        time_s = int(found[1]) * 3600 + int(found[2]) * 60
        if int(found[2]) < 60 and time_s < DAY_S:
            return time_s
        raise UserError(f"{where}: expected a time of day, HH:MM, got {text!r}.")
    return int(_number(text, "HH:MM or seconds", where))
