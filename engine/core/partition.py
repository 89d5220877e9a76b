"""The fold of a partition: records to slots, offsets that are applied once, dead letters for what cannot be used.

The shell and everything that folds a recorded log offline use this one class: same records, same effects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from engine.codec import decode_event, quoting
from engine.core.batch import samples_in
from engine.core.context import Context
from engine.core.effects import Effects, Refused, SlotEffects
from engine.core.snapshot import pack, unpack
from engine.core.state import SlotState
from engine.core.step import step
from engine.errors import ContractError, StateError
from engine.identity import partition_of, slot_key
from engine.messages import AnyEvent, Control, DeadLetter, Declare, Metrics

TOPIC: Final = "events"


@dataclass(frozen=True, slots=True)
class Record:
    """A record of the topic `events`. `appended_s` is the broker's time."""

    partition: int
    offset: int
    key: str
    value: bytes
    appended_s: float


class PartitionFold:
    """State of the slots of one partition of `events`, and the fold over its records."""

    def __init__(self, partition: int, partitions: int, context: Context) -> None:
        self.partition = partition
        self.partitions = partitions
        self.context = context
        self.slots: dict[str, SlotState] = {}

    def load(self, key: str, row: bytes) -> None:
        """Takes over a slot's row. Raises StateError when it cannot be used, or belongs to another slot."""
        state = unpack(row)
        if state.key != key:
            raise StateError(f"the row of slot {key} holds the state of slot {state.key}")
        self.slots[key] = state

    def snapshot(self, key: str) -> bytes:
        return pack(self.slots[key])

    def apply(self, record: Record) -> Effects:
        """Folds a record; one that its slot has applied already changes nothing and has no effects."""
        state = self.slots.get(record.key)
        if state is not None and record.offset <= state.applied:
            return Effects()
        try:
            slot_effects = self._fold(record, state)
        except Refused as refused:
            state = self.slots.get(record.key)
            effects = Effects(dead_letters=[_dead_letter(record, refused)])
            if state is not None:
                state.count("messages_dead")
        else:
            state = self.slots[record.key]
            effects = Effects(
                slot_effects.decisions,
                slot_effects.commands,
                _partly_dead(record, slot_effects),
                slot_effects.judgements,
                slot_effects.aggregates,
            )
        if state is not None:
            state.applied = record.offset
        return effects

    def _fold(self, record: Record, state: SlotState | None) -> SlotEffects:
        try:
            event = decode_event(record.value)
        except ContractError as error:
            raise Refused(error.reason, str(error)) from error
        self._check_place(record, event)
        if isinstance(event, Control) and isinstance(event.body, Declare) and state is None:
            state = SlotState(event.cluster, event.slot, event.body.slots, event.body.clock)
            self.slots[record.key] = state
        if state is None:
            text = f"Cluster `{event.cluster}` was not declared in this slot"
            raise Refused("undeclared_cluster", text, _samples(event))
        return step(state, event, record.appended_s, self.context)

    def _check_place(self, record: Record, event: AnyEvent) -> None:
        """A slot's messages have one key and one partition, or its order would be lost."""
        key = slot_key(event.cluster, event.slot)
        if record.key != key:
            raise Refused("wrong_key", f"Expected key `{key}`, got `{record.key}`", _samples(event))
        partition = partition_of(event.cluster, event.slot, self.partitions)
        if record.partition != partition:
            text = f"Expected partition {partition}, got {record.partition}"
            raise Refused("wrong_partition", text, _samples(event))
        if isinstance(event, Control) and isinstance(event.body, Declare) and event.slot >= event.body.slots:
            raise Refused("wrong_slot", f"Expected a slot under {event.body.slots}, got {event.slot} - at `$.slot`")


def _samples(event: AnyEvent) -> int:
    """Samples that are lost with an event that is refused whole."""
    return samples_in(event) if isinstance(event, Metrics) else 0


def _partly_dead(record: Record, effects: SlotEffects) -> list[DeadLetter]:
    """Dead letters for the parts of a message that were dropped while the rest was used."""
    letters = []
    if effects.dropped:
        text = f"{len(effects.dropped)} cells were dropped, the rest was used"
        letter = _dead_letter(record, Refused("cells", text, effects.samples_dropped), part="/cells")
        letters.append(msgspec.structs.replace(letter, cells=effects.dropped))
    letters.extend(_dead_letter(record, note, part=f"/{n}") for n, note in enumerate(effects.notes, start=1))
    return letters


def _dead_letter(record: Record, refused: Refused, part: str = "") -> DeadLetter:
    """The record's dead letter; the whole message is quoted unless only a `part` of it is dead."""
    letter = DeadLetter(
        id=f"{TOPIC}/{record.partition}/{record.offset}{part}",
        topic=TOPIC,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        reason=refused.reason,
        detail=refused.detail,
        samples=refused.samples,
    )
    return quoting(letter, record.value, whole=not part)
