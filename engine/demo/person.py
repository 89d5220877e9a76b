"""Somebody in the half that auto-pilot leaves alone: reads what is recommended, and approves a little of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from engine.broker.admin import connect, declared_partitions
from engine.broker.controls import send_control
from engine.codec import decode_decision
from engine.demo.standing import is_piloted
from engine.messages import Approve, Cluster, Decision
from engine.shell.settings import DECISIONS

AUTHOR: Final = "demo, by hand"
APPROVED: Final = 3
"""Sizes: the largest savings that are recommended at that time."""
AT_ONCE: Final = 5000
_PATIENCE_S: Final = 0.05


@dataclass(slots=True)
class Person:
    """`scope`: the namespace that auto-pilot is turned on for, which is not hers. Close it at the end."""

    broker: str
    cluster: Cluster
    scope: str
    sizes: dict[str, Decision] = field(default_factory=dict)
    moves: dict[str, Decision] = field(default_factory=dict)
    """What each container was told last: of its size, and of machines."""
    _consumer: Consumer | None = None

    def read(self) -> None:
        """Takes in what has been decided since the last time."""
        for message in self._open().consume(AT_ONCE, _PATIENCE_S):
            value = message.value()
            if message.error() is None and isinstance(value, bytes):
                self.hear(decode_decision(value))

    def hear(self, decision: Decision) -> None:
        if decision.cluster != self.cluster.name or is_piloted(decision.container, self.scope):
            return
        kept = self.moves if decision.move is not None else self.sizes
        kept[decision.container] = decision

    def choice(self) -> list[Decision]:
        """What she approves: a few cuts that stand, the largest savings first, and a move."""
        cuts = [d for d in self.sizes.values() if d.disposition == "recommended" and d.action == "resize_down"]
        cuts.sort(key=lambda d: (-d.monthly_saving_usd, d.container))
        moves = sorted(self.moves.values(), key=lambda d: (d.time_s, d.container))
        return [*cuts[:APPROVED], *moves[-1:]]

    def approve(self, sent_s: float) -> int:
        """Sends her approvals, dated `sent_s`; how many."""
        chosen = self.choice()
        for decision in chosen:
            body = Approve(container=decision.container, decision_id=decision.id)
            send_control(self.broker, self.cluster, body, AUTHOR, sent_s)
        return len(chosen)

    def close(self) -> None:
        if self._consumer is not None:
            self._consumer.close()
            self._consumer = None

    def _open(self) -> Consumer:
        if self._consumer is None:
            self._consumer = Consumer(
                {"bootstrap.servers": self.broker, "group.id": "trimtab-demo", "enable.auto.commit": False}
            )
            count = declared_partitions(connect(self.broker), DECISIONS)
            self._consumer.assign([TopicPartition(DECISIONS, number, OFFSET_BEGINNING) for number in range(count)])
        return self._consumer
