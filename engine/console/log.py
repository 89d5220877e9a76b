"""Records of the topics as what they say: decisions with what became of them, rosters, outcomes. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from engine.codec import decode_decision, decode_event
from engine.identity import container_id
from engine.messages import ContainerSpec, Decision, Judgement, Outcome, Roster

_KIND: Final = 48
"""The kind of an event stands within so many bytes of its beginning."""


@dataclass(slots=True)
class Decisions:
    """Decisions by id, in the order in which they were read, and by id what became of them. Each counts once."""

    made: dict[str, Decision] = field(default_factory=dict)
    judged: dict[str, Judgement] = field(default_factory=dict)

    def take(self, value: bytes) -> Decision | Judgement | None:
        """What a record says, None where nobody can read it."""
        said = decode_decision.readable(value)
        if isinstance(said, Judgement):
            self.judged[said.id] = said
        elif said is not None:
            self.made[said.id] = said
        return said


@dataclass(slots=True)
class Rosters:
    """The newest roster of each slot."""

    by_slot: dict[int, Roster] = field(default_factory=dict)

    def take(self, value: bytes) -> Roster | None:
        """A record of `events`, as a roster if it is the newest of its slot; metrics are not even decoded."""
        if b'"roster"' not in value[:_KIND]:
            return None
        event = decode_event.readable(value)
        if not isinstance(event, Roster):
            return None
        known = self.by_slot.get(event.slot)
        if known is not None and event.time_s < known.time_s:
            return None
        self.by_slot[event.slot] = event
        return event

    def containers(self) -> Iterator[tuple[Roster, ContainerSpec]]:
        """Every container with its roster, by name."""
        rows = [(roster, spec) for roster in self.by_slot.values() for spec in roster.containers]
        yield from sorted(rows, key=lambda row: (row[1].namespace, row[1].workload, row[1].container))


def outcome_of(value: bytes) -> Outcome | None:
    """A record of `events` as an outcome; other kinds are not decoded."""
    event = decode_event.readable(value) if b'"outcome"' in value[:_KIND] else None
    return event if isinstance(event, Outcome) else None


def identity(roster: Roster, spec: ContainerSpec) -> str:
    return container_id(roster.cluster, spec.namespace, spec.workload, spec.container)
