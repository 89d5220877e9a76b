"""One cluster under test: its programs, and what its collector and executor have on disk."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.broker.faults.processes import Program


@dataclass(frozen=True, slots=True)
class Cluster:
    """One cluster's programs and files. `samples`: rows of its demand."""

    name: str
    samples: int
    demand: Path
    simulated: Path
    spool: Path
    ledger: Path
    collector: Program
    executor: Program


def writes(cluster: Cluster) -> list[str]:
    """Command ids of all writes that the simulated cluster has received, repeats included."""
    return [id_ for (id_,) in query(cluster.simulated, "SELECT command_id FROM writes ORDER BY number")]


def counters(cluster: Cluster) -> dict[str, int]:
    """What the collector has counted since its replay began."""
    return dict(query(cluster.spool, "SELECT name, value FROM counters"))


def query(database: Path, sql: str) -> list[Any]:
    """Rows of an agent's SQLite file, read without disturbing it; none while the file or the table is not there."""
    try:
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5.0)
    except sqlite3.OperationalError:
        return []
    try:
        return connection.execute(sql).fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return []
        raise
    finally:
        connection.close()
