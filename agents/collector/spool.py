"""The spool: messages on disk, from the moment they are taken in until the broker has acknowledged them.

Append-only, one SQLite file (WAL). A scrape goes in whole or not at all, together with the source's position, so
that a replay that is killed goes on exactly where it was. What was committed survives the death of the process; a
power loss may take the last instants. Order within a partition is the order in which messages came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from agents.collector.message import Message, Stored
from agents.database import open_database, transaction

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, partition INTEGER NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL,
    samples INTEGER NOT NULL, time_s REAL NOT NULL, taken_s REAL NOT NULL, payload BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS lanes ON messages (partition, id);
CREATE TABLE IF NOT EXISTS set_aside (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL, kind TEXT NOT NULL, samples INTEGER NOT NULL, time_s REAL NOT NULL,
    reason TEXT NOT NULL, payload BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
"""
Fact = str | bytes | float | int
NO_FACTS: Final[Mapping[str, Fact | None]] = MappingProxyType({})
_COLUMNS: Final = "id, partition, key, kind, samples, time_s, payload"


class Waiting(NamedTuple):
    """What waits in the spool."""

    messages: int
    bytes: int


class Spool:
    """Bounded by `limit_bytes` of payload and `limit_age_s`: when a bound is hit the oldest go, and are counted.

    What is being sent right now does not go. Used by one process at a time, see `agents.collector.lock`.
    """

    def __init__(self, path: Path, limit_bytes: int, limit_age_s: float) -> None:
        self._database = open_database(path, SCHEMA, synchronous="NORMAL")
        self._limit_bytes = limit_bytes
        self._limit_age_s = limit_age_s
        self._sending: dict[int, frozenset[int]] = {}
        row = self._database.execute("SELECT COUNT(*), COALESCE(SUM(LENGTH(payload)), 0) FROM messages").fetchone()
        self._waiting = Waiting(*row)

    def put(self, messages: Sequence[Message], now_s: float, facts: Mapping[str, Fact | None] = NO_FACTS) -> int:
        """Takes in one scrape, taken at `now_s` of the wall clock; returns how many messages the bounds dropped.

        `facts`: what to remember with it, both or neither (None forgets).
        """
        with transaction(self._database):
            self._database.executemany(
                "INSERT INTO messages (partition, key, kind, samples, time_s, taken_s, payload)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                ((m.partition, m.key, m.kind, m.samples, m.time_s, now_s, m.payload) for m in messages),
            )
            taken: Counter[str] = Counter(samples_taken=sum(m.samples for m in messages))
            taken.update(f"{m.kind}_taken" for m in messages)
            self._count(taken)
            for name, value in facts.items():
                self._set_fact(name, value)
            size = self._waiting.bytes + sum(len(m.payload) for m in messages)
            dropped, freed = self._trim(size, now_s)
        self._waiting = Waiting(self._waiting.messages + len(messages) - dropped, size - freed)
        return dropped

    def head(self, partition: int, limit: int, limit_bytes: int) -> list[Stored]:
        """The oldest messages of a partition, at most so many, at least one if there is any; marked as being sent."""
        rows = self._database.execute(
            f"SELECT {_COLUMNS} FROM messages WHERE partition = ? ORDER BY id LIMIT ?",  # noqa: S608
            (partition, limit),
        )
        head: list[Stored] = []
        size = 0
        for row in rows:
            stored = Stored(*row)
            size += len(stored.payload)
            if head and size > limit_bytes:
                break
            head.append(stored)
        self._sending[partition] = frozenset(stored.id for stored in head)
        return head

    def release(self, partition: int) -> None:
        """Nothing of this partition is being sent."""
        self._sending.pop(partition, None)

    def acknowledge(self, sent: Sequence[Stored]) -> None:
        """The broker has these: they leave the spool."""
        counts: Counter[str] = Counter(samples_sent=sum(s.samples for s in sent))
        counts.update(f"{s.kind}_sent" for s in sent)
        with transaction(self._database):
            self._delete(sent)
            self._count(counts)

    def set_aside(self, refused: Stored, reason: str) -> None:
        """The broker refuses this one for good: it is kept apart, and holds nothing up."""
        with transaction(self._database):
            self._database.execute(
                "INSERT INTO set_aside VALUES (?, ?, ?, ?, ?, ?, ?)",
                (refused.id, refused.key, refused.kind, refused.samples, refused.time_s, reason, refused.payload),
            )
            self._delete([refused])
            self._count(Counter(messages_set_aside=1, samples_set_aside=refused.samples))

    def waiting(self) -> Waiting:
        return self._waiting

    def oldest_taken_s(self) -> float | None:
        """Wall time at which the oldest waiting message was taken in."""
        row = self._database.execute("SELECT taken_s FROM messages ORDER BY id LIMIT 1").fetchone()
        return None if row is None else float(row[0])

    def partitions(self) -> list[int]:
        """Partitions for which something waits."""
        return [row[0] for row in self._database.execute("SELECT DISTINCT partition FROM messages")]

    def counters(self) -> Counter[str]:
        """Totals since `reset_counters`: samples_taken, samples_sent, samples_dropped, samples_set_aside and so on."""
        return Counter(dict(self._database.execute("SELECT name, value FROM counters")))

    def reset_counters(self) -> None:
        self._database.execute("DELETE FROM counters")

    def fact(self, name: str) -> Fact | None:
        row = self._database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    def remember(self, facts: Mapping[str, Fact | None]) -> None:
        with transaction(self._database):
            for name, value in facts.items():
                self._set_fact(name, value)

    def discard(self) -> int:
        """Drops all that is unsent, counted as dropped: what another collector has told since makes it untrue."""
        rows = self._database.execute("SELECT COUNT(*), COALESCE(SUM(samples), 0) FROM messages").fetchone()
        with transaction(self._database):
            self._database.execute("DELETE FROM messages")
            self._count(Counter(messages_dropped=rows[0], samples_dropped=rows[1]))
        self._waiting = Waiting(0, 0)
        return int(rows[0])

    def close(self) -> None:
        self._database.close()

    def _trim(self, size: int, now_s: float) -> tuple[int, int]:
        """Drops the oldest that are not being sent until the bounds hold: `(messages, bytes)` dropped."""
        kept = frozenset().union(*self._sending.values())
        gone: list[tuple[int]] = []
        samples = freed = 0
        rows = self._database.execute("SELECT id, LENGTH(payload), samples, taken_s FROM messages ORDER BY id")
        for number, length, held, taken_s in rows:
            if size - freed <= self._limit_bytes and taken_s >= now_s - self._limit_age_s:
                break
            if number not in kept:
                gone.append((number,))
                freed += length
                samples += held
        if gone:
            self._database.executemany("DELETE FROM messages WHERE id = ?", gone)
            self._count(Counter(messages_dropped=len(gone), samples_dropped=samples))
        return len(gone), freed

    def _delete(self, messages: Sequence[Stored]) -> None:
        self._database.executemany("DELETE FROM messages WHERE id = ?", [(m.id,) for m in messages])
        freed = sum(len(m.payload) for m in messages)
        self._waiting = Waiting(self._waiting.messages - len(messages), self._waiting.bytes - freed)

    def _count(self, counts: Counter[str]) -> None:
        self._database.executemany(
            "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
            list(counts.items()),
        )

    def _set_fact(self, name: str, value: Fact | None) -> None:
        if value is None:
            self._database.execute("DELETE FROM facts WHERE name = ?", (name,))
        else:
            self._database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))
