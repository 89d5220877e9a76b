"""A slot's state as bytes, and back: the row of the engine's table.

Layout: `TRIM`, version (1 byte), length of the header (4 bytes, little endian), header (JSON), then the tables'
arrays, raw, in the order of the header. The header names each array with its dtype and shape, so that an older row
that lacks a column is read with the column's fill; other changes get a migration here. A row of a newer version is
refused: an older engine must not guess.

Versions:
1. The first.
2. The forecast's columns changed in shape and meaning (hours instead of half-hours, amounts in units of the series).
   Those of a row of version 1 are dropped: its forecasts start afresh, all else is kept.
3. The forecast has other experts and calibrated quantiles: as from 1 to 2.
4. What a workload's own policy says is kept whole, and hourly peaks in codes of 16 bits. Of a row of version 3 both are
   made from the columns that held them.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final

import msgspec
import numpy as np
import orjson

from engine.core.forecast.compact import encode_up
from engine.core.placement import STAGES, size_of
from engine.core.rows import Rows
from engine.core.state import TABLES, SlotState
from engine.errors import StateError
from engine.messages import Forecaster, Policy, SetPolicy, Window

VERSION: Final = 4
MAGIC: Final = b"TRIM"
PREFIX: Final = struct.Struct("<4sBI")
Header = dict[str, Any]
Slot = dict[str, Any]
Arrays = dict[str, dict[str, Any]]
"""What a row holds: the slot's plain fields, and by table and column the arrays."""
STRUCTS: Final[dict[str, Any]] = {
    "forecasters": dict[str, Forecaster],
    "policy": SetPolicy,
    "annotations": list[Policy],
    "window_sets": list[list[Window]],
}
"""Plain fields that hold structs."""


def pack(state: SlotState) -> bytes:
    """The state as bytes; equal states give equal bytes."""
    plain = {f.name: getattr(state, f.name) for f in fields(state) if f.init and f.name not in TABLES}
    arrays = [
        (table, name, np.ascontiguousarray(array))
        for table in TABLES
        for name, array in getattr(state, table).arrays().items()
    ]
    described = [(table, name, array.dtype.str, array.shape) for table, name, array in arrays]
    header = orjson.dumps({"slot": msgspec.to_builtins(plain), "arrays": described})  # unsorted: rosters have an order
    # As buffers, joined as they are: a copy of each would cost as much again.
    body: list[Any] = [array for _, _, array in arrays]
    return b"".join([PREFIX.pack(MAGIC, VERSION, len(header)), header, *body])


def unpack(row: bytes) -> SlotState:
    """The state that `pack` wrote, now or in an older version. Raises StateError with what is wrong."""
    try:
        magic, version, length = PREFIX.unpack_from(row)
        if magic != MAGIC:
            raise StateError("a row of state does not start with TRIM: it was not written by trimtab")
        if version > VERSION:
            raise StateError(f"a row of state has version {version}, this engine knows {VERSION}: run a newer engine")
        header: Header = orjson.loads(row[PREFIX.size : PREFIX.size + length])
        slot, arrays = header["slot"], _arrays(header, row, PREFIX.size + length)
        for older in range(version, VERSION):
            slot, arrays = MIGRATIONS[older](slot, arrays)
        return _restore(slot, arrays)
    except (struct.error, ValueError, KeyError, TypeError) as error:
        raise StateError(f"a row of state is corrupt: {error}") from error


def _arrays(header: Header, row: bytes, position: int) -> Arrays:
    """By table and column."""
    found: Arrays = {}
    for table, name, dtype, shape in header["arrays"]:
        count = int(np.prod(shape))
        array = np.frombuffer(row, dtype=dtype, count=count, offset=position).reshape(shape).copy()
        found.setdefault(table, {})[name] = array
        position += array.nbytes
    if position != len(row):
        raise StateError(f"a row of state is corrupt: {len(row)} bytes, its header says {position}")
    return found


def _restore(slot: Slot, arrays: Arrays) -> SlotState:
    slot |= {name: msgspec.convert(slot[name], kind) for name, kind in STRUCTS.items() if name in slot}
    rows = len(slot["containers"])
    tables: dict[str, Any] = {table: _table(kind, arrays.pop(table, {}), rows) for table, kind in TABLES.items()}
    if arrays:
        raise StateError(f"a row of state has tables that no migration knows: {', '.join(arrays)}")
    return SlotState(**slot, **tables)


def _forecast_afresh(slot: Slot, arrays: Arrays) -> tuple[Slot, Arrays]:
    return slot, arrays | {"forecast": {}}


def _annotations(slot: Slot, arrays: Arrays) -> tuple[Slot, Arrays]:
    """Stage, floor, ceiling and forecaster of each row become its annotation."""
    named = msgspec.convert(slot["forecasters"], dict[str, Forecaster])
    placement = dict(arrays["placement"])
    stages, floor, ceiling = placement.pop("annotated"), placement["floor"], placement["ceiling"]
    unset, column, policies = np.full(2, np.nan), np.full(len(stages), -1, np.int16), list[Policy]()
    for row, stage in enumerate(stages.tolist()):
        low, high = (None if np.isnan(each[row]).all() else size_of(each[row], unset) for each in (floor, ceiling))
        policy = Policy(STAGES[stage] if stage >= 0 else None, low, high, named.get(slot["containers"][row]))
        if policy != Policy():
            policies += [policy] if policy not in policies else []
            column[row] = policies.index(policy)
    annotated = {"annotations": msgspec.to_builtins(policies)}
    return slot | annotated, arrays | {"placement": placement | {"annotation": column}}


def _annotations_and_peaks(slot: Slot, arrays: Arrays) -> tuple[Slot, Arrays]:
    slot, arrays = _annotations(slot, arrays)
    return slot, arrays | {"decide": arrays["decide"] | {"peaks": encode_up(arrays["decide"]["peaks"])}}


MIGRATIONS: Final[dict[int, Callable[[Slot, Arrays], tuple[Slot, Arrays]]]] = {
    1: _forecast_afresh,
    2: _forecast_afresh,
    3: _annotations_and_peaks,
}
"""From a version to the next."""


def _table(kind: type[Rows], found: dict[str, Any], rows: int) -> Rows:
    """A table from the arrays that were stored: missing columns get their fill, unknown ones are an error."""
    table = kind.empty(rows)
    for name, array in found.items():
        fresh = getattr(table, name, None)
        if fresh is None or fresh.shape != array.shape or fresh.dtype != array.dtype:
            found_as = f"{array.dtype}{list(array.shape)}"
            raise StateError(f"column {kind.__name__}.{name} is {found_as}: no migration knows it")
        setattr(table, name, array)
    return table
