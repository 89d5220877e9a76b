"""What a fold has to say to the world besides its new state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.messages import Aggregate, AnyDecision, Command, DeadLetter, Decision, DroppedCell, Judgement

if TYPE_CHECKING:
    from engine.core.decide.proposals import Verdicts


class Refused(Exception):
    """A message, or a part of it, that cannot be used. Never leaves the core: it becomes a dead letter.

    `reason` is a typed code, `detail` the sentence, `samples` how many samples are lost with it.
    """

    def __init__(self, reason: str, detail: str, samples: int = 0) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.samples = samples


@dataclass(slots=True)
class SlotEffects:
    """Effects of one event on one slot: `dropped` cells go to the dead letters, with `samples` lost with them."""

    decisions: list[Decision] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    aggregates: list[Aggregate] = field(default_factory=list)
    dropped: list[DroppedCell] = field(default_factory=list)
    samples_dropped: int = 0
    notes: list[Refused] = field(default_factory=list)
    """Parts that were refused while the rest of the message was used."""

    def add(self, verdicts: Verdicts) -> None:
        self.decisions.extend(verdicts.decisions)
        self.commands.extend(verdicts.commands)
        self.judgements.extend(verdicts.judgements)


@dataclass(slots=True)
class Effects:
    """Effects of one or more records of a partition, in order."""

    decisions: list[Decision] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    aggregates: list[Aggregate] = field(default_factory=list)

    @property
    def said(self) -> list[AnyDecision]:
        """What goes to the topic `decisions`, in its order: what became of earlier ones first."""
        return [*self.judgements, *self.decisions]

    def extend(self, other: Effects) -> None:
        self.decisions.extend(other.decisions)
        self.commands.extend(other.commands)
        self.dead_letters.extend(other.dead_letters)
        self.judgements.extend(other.judgements)
        self.aggregates.extend(other.aggregates)
