"""Ways to die between applying and reporting, with nothing in production that knows of them."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from agents.simulated.cluster import SimulatedCluster


def after_crash(path: Path) -> Path:
    """A copy of a ledger as the death of the process that has it open would leave it: the files as they are."""
    copy = Path(tempfile.mkdtemp(dir=path.parent)) / path.name
    for file in (path, Path(f"{path}-wal")):
        if file.exists():
            shutil.copy(file, copy.with_name(file.name))
    return copy


def kill_between_apply_and_report(
    process: subprocess.Popen[bytes],
    simulated: Path,
    ledger: Path,
    provoke: Callable[[], None],
    timeout_s: float = 30.0,
) -> list[str]:
    """SIGKILLs an executor that has written to its cluster and not yet noted so. Gives the ids of these commands.

    `provoke` sends it at least one command that it will apply; whatever came before must have been handled. It is held
    where it is wanted by SQLite's own locks, which any process may take: the cluster's until the intent is in the
    ledger, then the ledger's, so that the write goes through and its outcome does not. Proves that it struck.
    """
    before = len(SimulatedCluster(simulated).writes())
    with _lock(ledger) as ledger_lock, _lock(simulated) as cluster_lock:
        cluster_lock.execute("BEGIN IMMEDIATE")
        provoke()
        _until(lambda: _intents(ledger), timeout_s)  # the executor is about to write, and waits for the cluster's file
        ledger_lock.execute("BEGIN IMMEDIATE")
        cluster_lock.execute("ROLLBACK")
        _until(lambda: len(SimulatedCluster(simulated).writes()) > before, timeout_s)  # now it waits for the ledger
        process.send_signal(signal.SIGKILL)
        process.wait(timeout_s)
        ledger_lock.execute("ROLLBACK")
    written = {write.command_id for write in SimulatedCluster(simulated).writes()[before:]}
    struck = [id_ for id_ in _intents(ledger) if id_ in written]
    assert struck, f"killed, but not between applying and reporting: wrote {written}"
    return struck


@contextmanager
def _lock(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, timeout=30.0, isolation_level=None)) as connection:
        yield connection


def _intents(ledger: Path) -> list[str]:
    with closing(sqlite3.connect(ledger, timeout=30.0)) as connection:
        return [id_ for (id_,) in connection.execute("SELECT id FROM commands WHERE phase = 'intent'")]


def _until(condition: Callable[[], object], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.002)
