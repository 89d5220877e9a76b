"""SQLite files of the agents: opened one way, in WAL mode, for several processes at once."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from engine.errors import UserError

BUSY_S: Final = 30.0
"""How long a transaction waits for another process's."""


def open_database(path: Path, schema: str, synchronous: Literal["NORMAL", "FULL"]) -> sqlite3.Connection:
    """Opens or makes the file at `path` with the tables of `schema` (statements that may be repeated).

    What was committed survives the death of the process in both modes. A power loss may take the last transactions
    with NORMAL and takes none with FULL, which waits for the disk at each commit. Raises UserError.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        _enter_wal(connection)
        connection.execute(f"PRAGMA synchronous={synchronous}")
        connection.executescript(f"BEGIN IMMEDIATE; {schema} COMMIT;")
    except (sqlite3.Error, OSError) as error:
        raise UserError(f"{path} cannot be used as a database: {error}.") from error
    return connection


def _enter_wal(connection: sqlite3.Connection) -> None:
    """Two processes that make the same file at once collide here, and SQLite's own waiting does not cover it."""
    deadline = time.monotonic() + BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All or nothing. Takes the writer's place at once, so that what is read inside stays true until the end."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
