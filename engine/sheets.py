"""Sheets: CSV with the columns named in the first line. One way to read them, and one to say what is wrong where."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import UserError


@dataclass(frozen=True, slots=True)
class Line:
    """A line below the header: `number` of the file's line where it ends, `cells` by column, as they are written.

    `wrong` says why there are none, and is empty else.
    """

    number: int
    cells: Mapping[str, str]
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    columns: Sequence[str]
    lines: Sequence[Line]


def read_text(path: Path) -> str:
    """A text file in UTF-8, without the mark with which spreadsheets begin theirs. Raises UserError."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return file.read()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} cannot be read: it is not UTF-8") from error


def parse_table(text: str, required: Sequence[str], known: Sequence[str] = ()) -> Table:
    """CSV text; columns beyond the `required` and the `known` are kept, lines without a cell are not.

    Raises UserError when the header lacks a required column, or has one of those that are used twice.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns = _columns(reader)
    missing = [name for name in required if name not in columns]
    if missing:
        raise UserError(f"line 1: expected the columns {','.join(required)}, got no {' and no '.join(missing)}")
    twice = [name for name in (*required, *known) if columns.count(name) > 1]
    if twice:
        raise UserError(f"line 1: the column {twice[0]} stands there twice")
    return Table(columns, list(_lines(reader, columns)))


def usable(table: Table) -> Iterator[Line]:
    """Its lines in their order. Raises UserError at the first that is wrong."""
    for line in table.lines:
        if line.wrong:
            raise UserError(f"line {line.number}: {line.wrong}")
        yield line


def _columns(reader: Any) -> list[str]:
    try:
        return [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise UserError(f"line 1: not CSV: {error}") from error


def _lines(reader: Any, columns: Sequence[str]) -> Iterator[Line]:
    """After what is no CSV nothing can be told apart any more: that line is the last."""
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Line(reader.line_num, {}, f"not CSV: {error}")
            return
        if cells is None:
            return
        if len(cells) == len(columns):
            yield Line(reader.line_num, dict(zip(columns, cells, strict=True)))
        elif cells:
            yield Line(reader.line_num, {}, f"expected {len(columns)} cells as in the first line, got {len(cells)}")
