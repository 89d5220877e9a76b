"""Ways to die between applying and reporting, with nothing in production that knows of them."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path


def after_crash(path: Path) -> Path:
    """A copy of a ledger as the death of the process that has it open would leave it: the files as they are."""
    copy = Path(tempfile.mkdtemp(dir=path.parent)) / path.name
    for file in (path, Path(f"{path}-wal")):
        if file.exists():
            shutil.copy(file, copy.with_name(file.name))
    return copy


def kill_between_apply_and_report(
    kill: Callable[[], object],
    simulated: Path,
    ledger: Path,
    provoke: Callable[[], object] = lambda: None,
    timeout_s: float = 30.0,
) -> list[str]:
    """SIGKILLs an executor that has written to its cluster and not yet noted so. Gives the ids of these commands.

    `kill` kills it and returns when it is dead. `provoke` sends it a command that it will apply, each time that it is
    called; not needed where commands come anyway. It is held where it is wanted by SQLite's own locks, which any
    process may take: the cluster's until an intent is in the ledger, then the ledger's, so that the write goes
    through and its outcome does not. Fails when it never struck.
    """
    deadline = time.monotonic() + timeout_s
    with _connected(ledger) as ours, _connected(simulated) as theirs:
        while time.monotonic() < deadline:
            theirs.execute("BEGIN IMMEDIATE")
            provoke()
            _wait_until(lambda: _half_done(ledger), deadline)  # it is about to write, and waits for the cluster's file
            ours.execute("BEGIN IMMEDIATE")
            theirs.execute("ROLLBACK")
            if _wait_until(lambda: _written(simulated, _half_done(ledger)), time.monotonic() + 1.0):
                kill()  # it waits for the ledger's file
                return _written(simulated, _half_done(ledger))
            ours.execute("ROLLBACK")  # these were refused: there was nothing to write
    raise AssertionError("it was never between applying and reporting")


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    """Closing the connection ends its transaction."""
    with closing(sqlite3.connect(path, timeout=30.0, isolation_level=None)) as connection:
        yield connection


def _half_done(ledger: Path) -> list[str]:
    """Commands between intent and decision."""
    with _connected(ledger) as connection:
        return [id_ for (id_,) in connection.execute("SELECT id FROM commands WHERE phase = 'intent'")]


def _written(simulated: Path, ids: list[str]) -> list[str]:
    with _connected(simulated) as connection:
        written = {id_ for (id_,) in connection.execute("SELECT command_id FROM writes")}
    return [id_ for id_ in ids if id_ in written]


def _wait_until(condition: Callable[[], object], deadline: float) -> bool:
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True
