"""A slot's state as bytes, and back: the row of the engine's table.

Layout: `TRIM`, version (1 byte), length of the header (4 bytes, little endian), header (JSON, by zlib since version 5),
then arrays, raw: the columns of the tables in the order of the header, and the distinct lists of rows that rosters
have. The header names each column with its dtype and shape, so that an older row that lacks a column is read with the
column's fill; other changes get a migration, in `migrations`. A row of a newer version is refused: an older engine
must not guess.

Versions:
1. The first.
2. The forecast's columns changed in shape and meaning (hours instead of half-hours, amounts in units of the series).
   Those of a row of version 1 are dropped: its forecasts start afresh, all else is kept.
3. The forecast has other experts and calibrated quantiles: as from 1 to 2.
4. What a workload's own policy says is kept whole, and hourly peaks in codes of 16 bits. Of a row of version 3 both are
   made from the columns that held them.
5. The header is compressed, rosters with the same rows share them, sizes that are remembered are float32, what was
   offered is not kept beside what was published, forecasts that wait are in codes, the experts' in bytes. All is kept.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import fields
from typing import Any, Final

import msgspec
import numpy as np
import orjson

from engine.core.layout import MAGIC, PREFIX, VERSION, Body, Header, columns_of, described, header_of
from engine.core.migrations import MIGRATIONS, Arrays, Slot, parts_until_4
from engine.core.rows import Array, Rows
from engine.core.state import TABLES, SlotState
from engine.errors import StateError
from engine.messages import Forecaster, Policy, SetPolicy, Window

__all__ = ["PREFIX", "VERSION", "applied_of", "pack", "unpack"]
STRUCTS: Final[dict[str, Any]] = {
    "forecasters": dict[str, Forecaster],
    "policy": SetPolicy,
    "annotations": list[Policy],
    "window_sets": list[list[Window]],
}
"""Plain fields that hold structs."""
_APART: Final = (*TABLES, "rosters")
"""Fields that are no plain ones."""
_LEVEL: Final = 1
"""Of zlib: what is repeated in a header are names of containers and of columns, which the fastest level finds, too."""
_COLUMNS: Final = {table: described(kind) for table, kind in TABLES.items()}


def pack(state: SlotState) -> bytes:
    """The state as bytes; equal states give equal bytes, with the same zlib."""
    lists, place = _distinct(state)
    header = {
        "slot": msgspec.to_builtins({f.name: getattr(state, f.name) for f in fields(state) if f.name not in _APART}),
        "rosters": place,
        "lists": [(rows.dtype.str, len(rows)) for rows in lists],
        "columns": _COLUMNS,
    }
    head = zlib.compress(orjson.dumps(header), _LEVEL)  # unsorted: rosters have an order
    columns = (array for table in TABLES for array in getattr(state, table).arrays().values())
    # As buffers, joined as they are: a copy of each would cost as much again.
    body: list[Any] = [np.ascontiguousarray(array) for array in (*columns, *lists)]
    return b"".join([PREFIX.pack(MAGIC, VERSION, len(head)), head, *body])


def _distinct(state: SlotState) -> tuple[list[Array], dict[str, int]]:
    """The distinct lists of rows that rosters have, and for each roster the place of its own among them."""
    dtype = np.uint16 if len(state.containers) <= np.iinfo(np.uint16).max else np.uint32
    found: dict[bytes, int] = {}
    lists: list[Array] = []
    place = {}
    for roster, rows in state.rosters.items():
        told = np.asarray(rows).astype(dtype)
        place[roster] = found.setdefault(told.tobytes(), len(lists))
        if place[roster] == len(lists):
            lists.append(told)
    return lists, place


def unpack(row: bytes) -> SlotState:
    """The state that `pack` wrote, now or in an older version. Raises StateError with what is wrong."""
    try:
        version, header, begin = header_of(row)
        body = Body(row, begin)
        slot, arrays = (_parts if version == VERSION else parts_until_4)(header, body)
        body.end()
        for older in range(version, VERSION):
            slot, arrays = MIGRATIONS[older](slot, arrays)
        return _restore(slot, arrays)
    except (struct.error, zlib.error, ValueError, KeyError, TypeError) as error:
        raise StateError(f"a row of state is corrupt: {error}") from error


def applied_of(row: bytes) -> int:
    """The offset folded last, without looking at the rest. Raises what a corrupt or foreign row makes it to."""
    _, header, _ = header_of(row)
    return int(header["slot"]["applied"])


def _parts(header: Header, body: Body) -> tuple[Slot, Arrays]:
    rows = len(header["slot"]["containers"])
    arrays = {
        table: {name: body.take(dtype, (rows, *shape)) for name, dtype, shape in columns_of(text)}
        for table, text in header["columns"].items()
    }
    lists = [body.take(dtype, (length,)).astype(np.int64) for dtype, length in header["lists"]]
    rosters = {roster: lists[place] for roster, place in header["rosters"].items()}
    return header["slot"] | {"rosters": rosters}, arrays


def _restore(slot: Slot, arrays: Arrays) -> SlotState:
    slot |= {name: msgspec.convert(slot[name], kind) for name, kind in STRUCTS.items() if name in slot}
    rows = len(slot["containers"])
    tables: dict[str, Any] = {table: _table(kind, arrays.pop(table, {}), rows) for table, kind in TABLES.items()}
    if arrays:
        raise StateError(f"a row of state has tables that no migration knows: {', '.join(arrays)}")
    return SlotState(**slot, **tables)


def _table(kind: type[Rows], found: dict[str, Array], rows: int) -> Rows:
    """A table from the arrays that were stored: missing columns get their fill, unknown ones are an error."""
    expected = {f.name: ((rows, *f.metadata["shape"]), f.metadata["dtype"]) for f in fields(kind)}
    for name, array in found.items():
        if expected.get(name) != (array.shape, array.dtype):
            found_as = f"{array.dtype}{list(array.shape)}"
            raise StateError(f"column {kind.__name__}.{name} is {found_as}: no migration knows it")
    if len(found) < len(expected):
        found = kind.empty(rows).arrays() | found
    return kind(**found)
