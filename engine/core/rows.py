"""Struct of arrays: a table of columns with one row per container.

A subclass of `Rows` is a dataclass whose fields are numpy arrays made by `column`; the first axis of each is the row.
Everything that grows, packs or migrates state works on any such class, so that a new column costs one line.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, fields
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]
Name = TypeVar("Name", bound=Hashable)


def column(dtype: DTypeLike, *shape: int, fill: float = 0) -> Any:
    """A column of `shape` per row; rows that are added start with `fill`."""
    return field(metadata={"dtype": np.dtype(dtype), "shape": shape, "fill": fill})


@dataclass(slots=True)
class Rows:
    """Base of all tables of state."""

    @classmethod
    def empty(cls, rows: int = 0) -> Self:
        """A table of so many fresh rows."""
        arrays = {}
        for f in fields(cls):
            dtype, shape, fill = f.metadata["dtype"], f.metadata["shape"], f.metadata["fill"]
            arrays[f.name] = np.full((rows, *shape), fill, dtype)
        return cls(**arrays)

    def __len__(self) -> int:
        first: Array = getattr(self, fields(self)[0].name)
        return len(first)

    def grown(self, rows: int) -> Self:
        """A copy with fresh rows at the end, `rows` in all. Raises ValueError when that would drop some."""
        extra = rows - len(self)
        if extra < 0:
            raise ValueError(f"a table of {len(self)} rows cannot shrink to {rows}")
        fresh = type(self).empty(extra)
        return type(self)(**{name: np.concatenate([a, getattr(fresh, name)]) for name, a in self.arrays().items()})

    def take(self, index: Array) -> Self:
        """A copy of these rows, in this order."""
        return type(self)(**{name: a[index] for name, a in self.arrays().items()})

    def arrays(self) -> dict[str, Array]:
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def row_bytes(self) -> int:
        """Bytes of state per row."""
        return sum(f.metadata["dtype"].itemsize * int(np.prod(f.metadata["shape"])) for f in fields(self))


def numbered(names: Iterable[Name]) -> tuple[list[Name], Array]:
    """The distinct names in the order in which they come, and the place of each name among them: int64 [n]."""
    place: dict[Name, int] = {}
    index = [place.setdefault(name, len(place)) for name in names]
    return list(place), np.array(index, dtype=np.int64)
