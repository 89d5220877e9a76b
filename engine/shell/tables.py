"""The engine's table: rows on their way from the changelog to the live arrays, and back into the changelog.

Faust recovers the table; the rows wait here only until recovery is complete and are then moved, one by one, into the
fold's arrays, so that state is not held twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from engine.core.snapshot import applied_of
from engine.errors import StateError
from engine.shell.settings import TABLE


def applied_in(row: bytes) -> int:
    """Offset that a row of state has applied, without unpacking its arrays. Raises StateError for a corrupt row."""
    try:
        return applied_of(row)
    except Exception as error:
        raise StateError(f"a row of state is corrupt: {error!r}") from error


class NewestRows:
    """The rows of each partition, by key: of several rows of one key, the one that has applied most.

    Kafka's order is not enough: a worker that was frozen may write an old row behind its successor's newer one.
    """

    def __init__(self) -> None:
        self._rows: dict[int, dict[str, tuple[int, bytes]]] = {}
        self._overwritten: set[tuple[int, str]] = set()

    def add(self, partition: int, key: str, row: bytes) -> None:
        rows = self._rows.setdefault(partition, {})
        applied = applied_in(row)
        if key in rows and applied < rows[key][0]:
            self._overwritten.add((partition, key))
            return
        rows[key] = (applied, row)
        self._overwritten.discard((partition, key))

    def clear(self) -> None:
        self._rows.clear()
        self._overwritten.clear()

    def keep(self, partitions: set[int]) -> None:
        """Drops the rows of other partitions."""
        for partition in self._rows.keys() - partitions:
            del self._rows[partition]

    def drain(self) -> Iterator[tuple[int, str, bytes, bool]]:
        """Partition, key, row, and whether an older row stands behind it in the log; the rows are let go one by one."""
        for partition in sorted(self._rows):
            rows = self._rows.pop(partition)
            while rows:
                key, (_, row) = rows.popitem()
                yield partition, key, row, (partition, key) in self._overwritten
        self._overwritten.clear()


class Rows:
    """What the engine does with its table."""

    def __init__(self, app: Any, partitions: int, on_recovered: Callable[[], Awaitable[None]]) -> None:
        self._table = app.Table(
            TABLE, key_type=bytes, value_type=bytes, partitions=partitions, on_recover=on_recovered
        )

    def drain(self) -> Iterator[tuple[int, str, bytes, bool]]:
        drained: Iterator[tuple[int, str, bytes, bool]] = self._table.data.newest.drain()
        return drained

    def write(self, partition: int, key: str, row: bytes) -> Awaitable[Any]:
        """Hands a row to the changelog; returns the future of its delivery."""
        delivery: Awaitable[Any] = self._table.send_changelog(partition, key.encode(), row, "raw", "raw")
        return delivery
