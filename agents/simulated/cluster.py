"""A cluster that exists only in a file: the collector runs demand through it, the executor writes sizes to it.

One file is one cluster. Sizes have one owner each: `put` brings a container in, `assume` raises a size that nobody
stated, `write` is what an executor does; from then on only an executor changes it. Every write received is kept,
without looking for repeats, so that whatever was done twice can be seen.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from agents.database import open_database, transaction
from engine.errors import UserError
from engine.messages import ContainerSpec, Size

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS containers (
    position INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, spec BLOB NOT NULL, last_command TEXT);
CREATE TABLE IF NOT EXISTS writes (
    number INTEGER PRIMARY KEY, container TEXT NOT NULL, command_id TEXT NOT NULL, time_s REAL NOT NULL,
    size BLOB NOT NULL);
INSERT OR IGNORE INTO facts VALUES ('version', 0);
"""
_spec_decoder = msgspec.json.Decoder(ContainerSpec)
_size_decoder = msgspec.json.Decoder(Size)


class Write(NamedTuple):
    """One write as it was received. `time_s`: the replay's clock, where there is one, else the wall's."""

    container: str
    command_id: str
    time_s: float
    size: Size


class SimulatedCluster:
    """Several processes may hold one open. `container` is always cluster/namespace/workload/container.

    Raises UserError where the file cannot be used, KeyError for a container that is not there.
    """

    def __init__(self, path: Path) -> None:
        self._database = open_database(path, SCHEMA, synchronous="NORMAL")
        self._path = path

    def claim(self, cluster: str) -> None:
        """Says whose file this is. Raises UserError when it is another cluster's."""
        self._database.execute("INSERT OR IGNORE INTO facts VALUES ('cluster', ?)", (cluster,))
        if (owner := self._fact("cluster")) != cluster:
            raise UserError(f"{self._path} simulates cluster {owner}, not {cluster}: give each cluster its own file.")

    def put(self, specs: list[ContainerSpec]) -> None:
        """Adds containers; of those that are there all is replaced but what an executor sets, size and machine."""
        with transaction(self._database):
            changes = [self._put(spec) for spec in specs]
            if any(changes):
                self._changed()

    def containers(self) -> list[ContainerSpec]:
        """All containers with their present sizes, in the order in which they came."""
        rows = self._database.execute("SELECT spec FROM containers ORDER BY position")
        return [_spec_decoder.decode(spec) for (spec,) in rows]

    def version(self) -> int:
        """Changes with every change of a size or a container; cheap enough to ask often."""
        value = self._fact("version")
        assert isinstance(value, int)
        return value

    def current(self, container: str) -> Size | None:
        """Present size; None where there is no such container."""
        seen = self.look(container)
        return None if seen is None else seen[0]

    def last_command(self, container: str) -> str | None:
        """Id of the command that wrote the container last, as an annotation would say it."""
        seen = self.look(container)
        return None if seen is None else seen[1]

    def look(self, container: str) -> tuple[Size, str | None] | None:
        """Present size and last command, read at once; None where there is no such container."""
        row = self._row(container)
        return None if row is None else (row[0].size, row[1])

    def assume(self, container: str, size: Size) -> None:
        """Sets a size that nobody stated. Without effect once an executor has written the container."""
        with transaction(self._database):
            spec, last_command = self._required(container)
            if last_command is None and spec.size != size:
                self._store(container, replace(spec, size=size, assumed=True), None)
                self._changed()

    def write(self, container: str, command_id: str, size: Size, move_to: str = "") -> None:
        """Applies a command and logs it, both or neither. What moves to another type of machine uses as many cores."""
        with transaction(self._database):
            spec, _ = self._required(container)
            node_type = move_to or spec.node_type
            self._store(container, replace(spec, size=size, assumed=False, node_type=node_type), command_id)
            self._changed()
            clock_s = self.clock()
            self._database.execute(
                "INSERT INTO writes (container, command_id, time_s, size) VALUES (?, ?, ?, ?)",
                (container, command_id, time.time() if clock_s is None else clock_s, msgspec.json.encode(size)),
            )

    def writes(self) -> list[Write]:
        """Every write received, oldest first, repeats included."""
        rows = self._database.execute("SELECT container, command_id, time_s, size FROM writes ORDER BY number")
        return [Write(name, command, time_s, _size_decoder.decode(size)) for name, command, time_s, size in rows]

    def set_clock(self, time_s: float) -> None:
        """The replay has reached this time."""
        self._database.execute("INSERT OR REPLACE INTO facts VALUES ('clock_s', ?)", (float(time_s),))

    def clock(self) -> float | None:
        """The time that the replay has reached; None before it has begun."""
        value = self._fact("clock_s")
        return None if value is None else float(value)

    def close(self) -> None:
        self._database.close()

    def _put(self, spec: ContainerSpec) -> bool:
        name = f"{spec.namespace}/{spec.workload}/{spec.container}"
        row = self._find(name)
        if row is not None:
            now, last_command = row
            node_type = spec.node_type if last_command is None else now.node_type
            spec = replace(spec, size=now.size, assumed=now.assumed, node_type=node_type)
        self._database.execute(
            "INSERT INTO containers (name, spec) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET spec = excluded.spec",
            (name, msgspec.json.encode(spec)),
        )
        return row is None or row[0] != spec

    def _row(self, container: str) -> tuple[ContainerSpec, str | None] | None:
        return self._find(_name(container))

    def _find(self, name: str) -> tuple[ContainerSpec, str | None] | None:
        row = self._database.execute("SELECT spec, last_command FROM containers WHERE name = ?", (name,)).fetchone()
        return None if row is None else (_spec_decoder.decode(row[0]), row[1])

    def _required(self, container: str) -> tuple[ContainerSpec, str | None]:
        row = self._row(container)
        if row is None:
            raise KeyError(container)
        return row

    def _store(self, container: str, spec: ContainerSpec, last_command: str | None) -> None:
        self._database.execute(
            "UPDATE containers SET spec = ?, last_command = ? WHERE name = ?",
            (msgspec.json.encode(spec), last_command, _name(container)),
        )

    def _changed(self) -> None:
        self._database.execute("UPDATE facts SET value = value + 1 WHERE name = 'version'")

    def _fact(self, name: str) -> str | int | float | None:
        row = self._database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]


def _name(container: str) -> str:
    """namespace/workload/container: the file is one cluster's."""
    return container.partition("/")[2]
