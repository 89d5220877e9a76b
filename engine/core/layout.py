"""A row of state as bytes: its beginning, its header, what that says of columns, and the arrays behind it.

It can be read without the tables of the core (`console` does): they are slow to import.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import fields
from functools import lru_cache
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import DTypeLike

from engine.core.rows import Array, Rows
from engine.errors import StateError

VERSION: Final = 5
"""What each version changed is told in `snapshot`."""
MAGIC: Final = b"TRIM"
PREFIX: Final = struct.Struct("<4sBI")
_COMPRESSED: Final = 5
"""The first version with a compressed header."""
Header = dict[str, Any]
Columns = tuple[tuple[str, np.dtype[Any], tuple[int, ...]], ...]
"""Name, dtype and what follows the rows in the shape of each column."""


def header_of(row: bytes) -> tuple[int, Header, int]:
    """Version, header, and where the arrays begin. Raises StateError, or what a corrupt row makes the parsers raise."""
    magic, version, length = PREFIX.unpack_from(row)
    if magic != MAGIC:
        raise StateError("a row of state does not start with TRIM: it was not written by trimtab")
    if version > VERSION:
        raise StateError(f"a row of state has version {version}, this engine knows {VERSION}: run a newer engine")
    head = row[PREFIX.size : PREFIX.size + length]
    header: Header = orjson.loads(head if version < _COMPRESSED else zlib.decompress(head))
    return version, header, PREFIX.size + length


def described(kind: type[Rows]) -> str:
    """The columns of a table as a text, such as `seen <u2 2,19;fresh |b1 2`."""
    columns = [(f.name, f.metadata["dtype"].str, f.metadata["shape"]) for f in fields(kind)]
    return ";".join(f"{name} {dtype} {','.join(map(str, shape))}" for name, dtype, shape in columns)


@lru_cache(maxsize=64)
def columns_of(text: str) -> Columns:
    """The columns of which `described` told. Raises ValueError or TypeError when it is no such text."""
    columns = [column.split(" ") for column in text.split(";")]
    return tuple(
        (name, np.dtype(dtype), tuple(int(length) for length in shape.split(",") if length))
        for name, dtype, shape in columns
    )


class Body:
    """The arrays behind a header, read one after the other."""

    def __init__(self, row: bytes, position: int) -> None:
        self._row = row
        self._position = position

    def take(self, dtype: DTypeLike, shape: tuple[int, ...]) -> Array:
        """A copy of the next array. Raises ValueError where the row ends before it."""
        count = 1
        for length in shape:
            count *= length
        array: Array = np.frombuffer(self._row, dtype, count, self._position).reshape(shape).copy()
        self._position += array.nbytes
        return array

    def end(self) -> None:
        """Raises StateError unless all was read."""
        if self._position != len(self._row):
            raise StateError(f"a row of state is corrupt: {len(self._row)} bytes, its header says {self._position}")
