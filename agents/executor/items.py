"""Records of the topic of commands, understood: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from engine.codec import decode_command, quoting
from engine.errors import ContractError
from engine.messages import Command, DeadLetter, FreezeCommand

TEXT: Final = 1000
"""How many characters of its key and of the reason."""


class Record(Protocol):
    """What is used of a Kafka record."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Item:
    """One record: a command, a freeze or its lifting, or a dead letter. `latency_s`: metric to command, if known."""

    offset: int
    content: Command | FreezeCommand | DeadLetter
    latency_s: float | None = None


def understand(record: Record, cluster: str, now_s: float) -> Item:
    """The record as an item; what cannot be used becomes a dead letter. `now_s`: wall time of its arrival."""
    try:
        message = decode_command(record.value or b"")
    except ContractError as error:
        return Item(record.offset, dead_letter(record, error.reason, str(error)))
    if isinstance(message, FreezeCommand) and message.cluster != cluster:
        detail = f"Expected `{cluster}`, got `{message.cluster}` - at `$.cluster`"
        return Item(record.offset, dead_letter(record, "other_cluster", detail))
    return Item(record.offset, message, _latency_s(record, now_s))


def take_batch(waiting: Iterable[Item], most: int) -> list[Item]:
    """The first items that may be handled as one: no container or id twice, and a lift of a freeze only at the start.

    After a crash the target tells for one command a container whether it was written, and commands before a lift are
    judged before it.
    """
    batch: list[Item] = []
    taken: set[str] = set()
    for item in waiting:
        content = item.content
        lifts = isinstance(content, FreezeCommand) and not content.frozen
        if len(batch) == most or (batch and lifts):
            break
        if isinstance(content, Command):
            if taken & {content.container, content.id}:
                break
            taken |= {content.container, content.id}
        batch.append(item)
    return batch


def dead_letter(record: Record, reason: str, detail: str) -> DeadLetter:
    letter = DeadLetter(
        id=f"{record.topic}/{record.partition}/{record.offset}",
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=(record.key or b"").decode(errors="replace")[:TEXT],
        reason=reason,
        detail=detail[:TEXT],
    )
    return quoting(letter, record.value or b"")


def _latency_s(record: Record, now_s: float) -> float | None:
    """Seconds since the header `produced`, not below 0: clocks of two machines differ. None without a usable one."""
    produced = next((value for name, value in record.headers if name == "produced"), None)
    try:
        return None if produced is None else max(0.0, now_s - float(produced))
    except ValueError:
        return None
