"""What the executor remembers on disk: commands by id with what came of them, and freezes.

A command goes through three phases, each on disk before the next begins:

    intent ──▶ (late) ──▶ decided ──▶ reported
      │           │          │            └ the broker has the outcome; a repeat of the command is passed over
      │           │          └ applied, refused or failed, with the outcome as it will be sent; sent again on restart
      │           └ it takes longer than its batch, whose offset is committed: the broker will not give it again
      └ from here on the write may have happened; after a restart the target is asked whether it did

What survives: everything committed survives SIGKILL. Transactions wait for the disk (synchronous=FULL), so as far as
the disk is honest a power loss takes nothing either. What the ledger cannot know, because it is local: what an
executor on another machine did. See `agents.executor.executor`.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from agents.database import open_database, transaction
from engine.codec import decode_command, encode
from engine.errors import UserError
from engine.messages import Command, FreezeCommand

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS owner (cluster TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS commands (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, container TEXT NOT NULL, slot INTEGER NOT NULL,
    phase TEXT NOT NULL, status TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', outcome BLOB,
    latency_s REAL, taken_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS late (id TEXT PRIMARY KEY, command BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS commands_open ON commands (phase) WHERE phase != 'reported';
CREATE INDEX IF NOT EXISTS commands_age ON commands (taken_s);
CREATE TABLE IF NOT EXISTS freezes (
    scope TEXT PRIMARY KEY, position INTEGER NOT NULL, author TEXT NOT NULL, sent_s REAL NOT NULL) WITHOUT ROWID;
"""


class Intent(NamedTuple):
    """A command whose write may have happened. `id` is the command's."""

    id: str
    container: str
    slot: int


class Decided(NamedTuple):
    """What came of a command. `payload` is the encoded Outcome with `sent_s` 0; `status` and `reason` are its own."""

    id: str
    slot: int
    status: str
    reason: str
    payload: bytes


class Ledger:
    """One executor's memory. Raises UserError: unusable, another cluster's, or in use by another process."""

    def __init__(self, path: Path, cluster: str) -> None:
        self._database = open_database(path, SCHEMA, synchronous="FULL")
        self._lock = _lock(path)
        with transaction(self._database):
            row = self._database.execute("SELECT cluster FROM owner").fetchone()
            if row is None:
                self._database.execute("INSERT INTO owner VALUES (?)", (cluster,))
            elif row[0] != cluster:
                raise UserError(f"{path} is the ledger of cluster {row[0]}, not of {cluster}: name another.")

    def handled(self, ids: Iterable[str]) -> set[str]:
        """Those of `ids` that are known."""
        found = (self._database.execute("SELECT id FROM commands WHERE id = ?", (id_,)).fetchone() for id_ in ids)
        return {row[0] for row in found if row is not None}

    def intend(self, commands: list[tuple[Command, float | None]]) -> None:
        """Before anything is written: new commands, each with its latency in seconds if that is known."""
        now_s = time.time()
        if not commands:
            return
        with transaction(self._database):
            self._database.executemany(
                "INSERT INTO commands (id, container, slot, phase, latency_s, taken_s)"
                " VALUES (?, ?, ?, 'intent', ?, ?)",
                [(command.id, command.container, command.slot, latency_s, now_s) for command, latency_s in commands],
            )

    def decide(self, decided: list[Decided]) -> None:
        """After the writes, before the report."""
        with transaction(self._database):
            self._database.executemany(
                "UPDATE commands SET phase = 'decided', status = ?, reason = ?, outcome = ? WHERE id = ?",
                [(each.status, each.reason, each.payload, each.id) for each in decided],
            )

    def reported(self, ids: list[str]) -> None:
        """After the broker has acknowledged their outcomes."""
        with transaction(self._database):
            self._database.executemany("UPDATE commands SET phase = 'reported' WHERE id = ?", [(id_,) for id_ in ids])
            self._database.executemany("DELETE FROM late WHERE id = ?", [(id_,) for id_ in ids])

    def delay(self, commands: list[Command]) -> None:
        """They go on beside the next batches: kept whole, for the broker's copy is about to be passed over."""
        with transaction(self._database):
            self._database.executemany(
                "INSERT OR REPLACE INTO late VALUES (?, ?)", [(command.id, encode(command)) for command in commands]
            )

    def late(self) -> dict[str, Command]:
        """Commands that a dead process left late, by id."""
        rows = self._database.execute(
            "SELECT late.id, command FROM late JOIN commands USING (id) WHERE phase = 'intent' ORDER BY number"
        )
        found = {id_: decode_command(payload) for id_, payload in rows}
        return {id_: command for id_, command in found.items() if isinstance(command, Command)}

    def intents(self) -> list[Intent]:
        """Commands that a dead process left between intent and decision, in their order."""
        rows = self._database.execute("SELECT id, container, slot FROM commands WHERE phase = 'intent' ORDER BY number")
        return [Intent(*row) for row in rows]

    def unreported(self) -> list[Decided]:
        """Outcomes that the broker may not have, in the order of their commands."""
        rows = self._database.execute(
            "SELECT id, slot, status, reason, outcome FROM commands WHERE phase = 'decided' ORDER BY number"
        )
        return [Decided(*row) for row in rows]

    def forget(self, ids: list[str]) -> None:
        """Intents whose write never happened: the broker will give these commands again."""
        with transaction(self._database):
            self._database.executemany("DELETE FROM commands WHERE id = ? AND phase = 'intent'", [(i,) for i in ids])

    def prune(self, keep_s: float) -> int:
        """Forgets reported commands that were taken longer ago than `keep_s` (wall time); returns how many."""
        done = self._database.execute(
            "DELETE FROM commands WHERE phase = 'reported' AND taken_s < ?", (time.time() - keep_s,)
        )
        return done.rowcount

    def obey(self, command: FreezeCommand, position: int) -> None:
        """A freeze or a lift whose turn has come."""
        if command.frozen:
            self.freeze(command, position)
        else:
            self.lift(command.scope, position)

    def freeze(self, command: FreezeCommand, position: int) -> None:
        """`position` is the command's offset: only a later one lifts the freeze."""
        self._database.execute(
            "INSERT INTO freezes VALUES (?, ?, ?, ?) ON CONFLICT (scope) DO UPDATE SET position = excluded.position,"
            " author = excluded.author, sent_s = excluded.sent_s WHERE excluded.position > position",
            (command.scope, position, command.author, command.sent_s),
        )

    def lift(self, scope: str, position: int) -> bool:
        """Lifts the freeze of exactly this scope if it stands before `position`; says whether there was one."""
        done = self._database.execute("DELETE FROM freezes WHERE scope = ? AND position < ?", (scope, position))
        return done.rowcount > 0

    def frozen_scopes(self) -> frozenset[str]:
        return frozenset(scope for (scope,) in self._database.execute("SELECT scope FROM freezes"))

    def rebase_freezes(self, end: int) -> None:
        """`end` is the topic's. Freezes at or after it are of a topic made anew since: then any lift counts."""
        self._database.execute("UPDATE freezes SET position = -1 WHERE position >= ?", (end,))

    def size(self) -> int:
        """Commands remembered."""
        return int(self._database.execute("SELECT count(*) FROM commands").fetchone()[0])

    def close(self) -> None:
        self._database.close()
        os.close(self._lock)


def _lock(path: Path) -> int:
    """Held until the process ends, however it ends."""
    descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise UserError(f"{path} is in use by another executor: one at a time writes to a ledger.") from error
    return descriptor
