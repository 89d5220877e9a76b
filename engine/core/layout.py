"""Where the arrays of a row of state lie: what its header says of columns, and the bytes behind the header."""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from engine.core.rows import Array, Rows
from engine.errors import StateError

Columns = tuple[tuple[str, np.dtype[Any], tuple[int, ...]], ...]
"""Name, dtype and what follows the rows in the shape of each column."""


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
