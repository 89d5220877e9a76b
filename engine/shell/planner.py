"""Which slots a checkpoint writes, and which offset may then be committed. Pure bookkeeping: no Kafka, no clock.

A slot is *dirty* from the first event that its last durable row does not hold. It is written at its turn, a fixed
phase of a period that its key's hash gives: at most once a period, and all slots spread evenly over it. A partition's
committable offset is the first event that some dirty slot still needs, or else the position read up to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import inf
from zlib import crc32

from engine.errors import TrimtabError


class OffsetJump(TrimtabError):
    """An event came that is further ahead than the next one expected."""


@dataclass(slots=True)
class Dirty:
    """`first`: first offset that the durable row lacks; None when only the row itself must be written again.

    `phase`: of the slot's turns, as a share of their period. `after`, `after_since`: the first two, counted from the
    snapshot that is being written.
    """

    first: int | None
    since: float
    phase: float
    writing: bool = False
    after: int | None = None
    after_since: float | None = None


def turn(dirty: Dirty, period_s: float) -> float:
    """The first time of the slot's phase at or after the change."""
    return dirty.since + (dirty.phase * period_s - dirty.since) % period_s


@dataclass(slots=True)
class Ledger:
    """One partition: `position` is the next offset to read, None before it is known."""

    position: int | None = None
    dirty: dict[str, Dirty] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Round:
    """Slots whose rows are being written, and the positions at the moment when they were taken."""

    slots: tuple[tuple[int, str], ...]
    positions: dict[int, int]


class Planner:
    """Keeps the ledgers of the partitions held. Times are any monotonic seconds.

    `shortest_period_s`: least length of a turn; it is longer where all rows together would take more than
    `bytes_per_s`.
    """

    def __init__(self, shortest_period_s: float, bytes_per_s: float = inf) -> None:
        self.shortest_period_s = shortest_period_s
        self.bytes_per_s = bytes_per_s
        self.ledgers: dict[int, Ledger] = {}
        self._sizes: dict[tuple[int, str], int] = {}
        self._size = 0

    @property
    def period_s(self) -> float:
        """Length of a turn."""
        return max(self.shortest_period_s, self._size / self.bytes_per_s)

    def sized(self, partition: int, key: str, size: int) -> None:
        """The slot's row has so many bytes."""
        self._size += size - self._sizes.get((partition, key), 0)
        self._sizes[partition, key] = size

    def take(self, partition: int, position: int | None) -> None:
        """Starts a partition that is read from `position`; None where nothing was ever committed."""
        self.ledgers[partition] = Ledger(position)

    def drop_all(self) -> None:
        self.ledgers.clear()
        self._sizes.clear()
        self._size = 0

    def is_jump(self, partition: int, offset: int) -> bool:
        """Whether the offset is further ahead than expected: then events were lost between the log and us."""
        position = self.ledgers[partition].position
        return position is not None and offset > position

    def read(self, partition: int, offset: int, key: str | None, now: float) -> None:
        """An event was folded, and changed the slot `key` (None: no slot). Raises OffsetJump."""
        if self.is_jump(partition, offset):
            raise OffsetJump(f"partition {partition}: expected {self.ledgers[partition].position}, got {offset}")
        ledger = self.ledgers[partition]
        ledger.position = max(offset + 1, ledger.position or 0)
        if key is not None:
            self._soil(ledger, key, offset, now)

    def skip_to(self, partition: int, position: int) -> None:
        """The log itself has a hole before `position` (retention, transaction markers)."""
        self.ledgers[partition].position = position

    def rewrite(self, partition: int, key: str, now: float) -> None:
        """The row must be written again although nothing changed; this holds no commit back."""
        self._soil(self.ledgers[partition], key, None, now)

    def _soil(self, ledger: Ledger, key: str, offset: int | None, now: float) -> None:
        dirty = ledger.dirty.get(key)
        if dirty is None:
            ledger.dirty[key] = Dirty(offset, now, crc32(key.encode()) / 2**32)
        elif dirty.writing:
            dirty.after = offset if dirty.after is None else dirty.after
            dirty.after_since = now if dirty.after_since is None else dirty.after_since
        elif dirty.first is None:
            dirty.first = offset

    def due(self, now: float, everything: bool = False) -> list[tuple[int, str]]:
        """Slots whose turn has come (or all dirty ones), oldest change first."""
        period_s = self.period_s
        found = [
            (dirty.since, partition, key)
            for partition, key, dirty in self._all_dirty()
            if not dirty.writing and (everything or turn(dirty, period_s) <= now)
        ]
        return [(partition, key) for _, partition, key in sorted(found)]

    def _all_dirty(self) -> Iterator[tuple[int, str, Dirty]]:
        for partition, ledger in self.ledgers.items():
            for key, dirty in ledger.dirty.items():
                yield partition, key, dirty

    def begin(self, slots: Iterable[tuple[int, str]]) -> Round:
        """The rows of these slots are serialised now: what comes later is not in them."""
        chosen = tuple(slots)
        for partition, key in chosen:
            self.ledgers[partition].dirty[key].writing = True
        positions = {p: ledger.position for p, ledger in self.ledgers.items() if ledger.position is not None}
        return Round(chosen, positions)

    def durable(self, done: Round) -> None:
        """The rows of this round are durable."""
        for partition, key in done.slots:
            dirty = self.ledgers[partition].dirty[key]
            if dirty.after_since is None:
                del self.ledgers[partition].dirty[key]
            else:
                self.ledgers[partition].dirty[key] = Dirty(dirty.after, dirty.after_since, dirty.phase)

    def committable(self, done: Round) -> dict[int, int]:
        """Partition to the offset that may be committed, once the outputs and rows of this round are durable."""
        offsets = {}
        for partition, position in done.positions.items():
            needed = [d.first for d in self.ledgers[partition].dirty.values() if d.first is not None]
            offsets[partition] = min([position, *needed])
        return offsets

    def dirty_count(self) -> int:
        return sum(len(ledger.dirty) for ledger in self.ledgers.values())

    def oldest_age(self, now: float) -> float:
        """Seconds that the oldest change has waited for its row, 0 when none waits."""
        return max((now - dirty.since for _, _, dirty in self._all_dirty()), default=0.0)
