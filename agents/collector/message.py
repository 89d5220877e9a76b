"""Messages between a source and the broker."""

from __future__ import annotations

from typing import Final, NamedTuple

from engine.codec import encode
from engine.identity import partition_of, slot_key
from engine.messages import Metrics, Roster

ROSTER: Final = "rosters"
METRICS: Final = "metrics"


class Message(NamedTuple):
    """An encoded event and where it goes. `samples`: rows with a value of CPU or memory. `time_s`: event time."""

    partition: int
    key: str
    kind: str
    samples: int
    time_s: float
    payload: bytes


class Stored(NamedTuple):
    """A message with the number that the spool gave it; numbers only grow."""

    id: int
    partition: int
    key: str
    kind: str
    samples: int
    time_s: float
    payload: bytes


def message_of(event: Roster | Metrics, partitions: int) -> Message:
    """The event, encoded for the partition that holds its slot."""
    return Message(
        partition=partition_of(event.cluster, event.slot, partitions),
        key=slot_key(event.cluster, event.slot),
        kind=METRICS if isinstance(event, Metrics) else ROSTER,
        samples=samples_in(event) if isinstance(event, Metrics) else 0,
        time_s=event.time_s,
        payload=encode(event),
    )


def samples_in(metrics: Metrics) -> int:
    """Rows that have a value of CPU or memory."""
    pairs = zip(metrics.cpu_max, metrics.memory_max, strict=True)
    return sum(cpu is not None or memory is not None for cpu, memory in pairs)
