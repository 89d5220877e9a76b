"""Rows as text: tables as kubectl prints them, JSON, YAML, names. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from engine.console.rows import COLUMNS, Row

_GAP: Final = 3
SINGULAR: Final = {"decisions": "decision", "containers": "container", "outcomes": "outcome", "policies": "policy",
                   "freezes": "freeze"}  # fmt: skip


class Table:
    """Keeps the widths of its first lines, so that what is watched stands under them."""

    def __init__(self, noun: str, wide: bool, namespaced: bool, headers: bool) -> None:
        usual, more = COLUMNS[noun]
        self._columns = [*(["NAMESPACE"] if namespaced else []), *usual, *(more if wide else ())]
        self._headers = headers
        self._widths: list[int] | None = None

    def lines(self, rows: Sequence[Row]) -> list[str]:
        cells = [[self._cell(row, column) for column in self._columns] for row in rows]
        if self._widths is None:
            if self._headers:
                cells.insert(0, list(self._columns))
            self._widths = [max((len(line[at]) for line in cells), default=0) for at in range(len(self._columns))]
        return [self._line(line, self._widths) for line in cells]

    @staticmethod
    def _cell(row: Row, column: str) -> str:
        return row.namespace if column == "NAMESPACE" else row.cells[column]

    @staticmethod
    def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
        padded = [cell.ljust(width + _GAP) for cell, width in zip(cells[:-1], widths, strict=False)]
        return "".join([*padded, cells[-1]]).rstrip()


def name_of(row: Row) -> str:
    """What `-o name` prints, and `describe` takes."""
    return f"{SINGULAR[row.noun]}/{row.other_name or row.name}"


def document(rows: Sequence[Row], form: str, single: bool) -> str:
    """A List of the messages as they are in the topics; one that was asked for by its name is itself."""
    data: Any = rows[0].data if single else {"kind": "List", "items": [row.data for row in rows]}
    return encoded(data, form)


def encoded(data: Any, form: str) -> str:
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(data), indent=2).decode()
    return msgspec.yaml.encode(data).decode().rstrip("\n")


def streamed(row: Row, form: str) -> str:
    """One object of a watch: a line of JSON, a document of YAML."""
    return msgspec.json.encode(row.data).decode() if form == "json" else f"---\n{encoded(row.data, form)}"
