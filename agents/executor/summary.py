"""A ledger read from outside, while its executor runs or afterwards: what came of commands, and how quickly."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple


class Summary(NamedTuple):
    """`refused` and `failed` count by reason. `latencies_s`: metric to command, in the order of the commands."""

    applied: int
    refused: dict[str, int]
    failed: dict[str, int]
    unfinished: int
    latencies_s: list[float]


def summarise(path: Path) -> Summary:
    """Reads the ledger at `path` without disturbing its executor. Raises sqlite3.OperationalError if there is none."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT status, reason, count(*) FROM commands GROUP BY status, reason").fetchall()
        latencies = database.execute("SELECT latency_s FROM commands WHERE latency_s IS NOT NULL ORDER BY number")
        counts = {(status, reason): count for status, reason, count in rows}
        return Summary(
            applied=counts.get(("applied", ""), 0),
            refused={reason: count for (status, reason), count in counts.items() if status == "refused"},
            failed={reason: count for (status, reason), count in counts.items() if status == "failed"},
            unfinished=counts.get(("", ""), 0),
            latencies_s=[latency_s for (latency_s,) in latencies],
        )
