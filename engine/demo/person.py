"""Somebody in the half that auto-pilot leaves alone: reads what is recommended, and approves a little of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from confluent_kafka import OFFSET_END, Consumer, TopicPartition

from engine.broker.admin import connect, declared_partitions
from engine.broker.controls import send_control
from engine.broker.readiness import QUIET
from engine.codec import decode_decision
from engine.demo.standing import is_piloted
from engine.messages import AnyDecision, Approve, Cluster, Decision
from engine.shell.settings import DECISIONS

AUTHOR: Final = "demo, by hand"
APPROVED: Final = 3
"""Cuts that are carried out at her word; then she has enough of it."""
TRIES: Final = 20
STOOD_S: Final = 3600.0
"""What has been recommended for so long is likely to stand when her word arrives."""
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
    tried: set[str] = field(default_factory=set)
    heard_s: float = 0.0
    done: int = 0
    _consumer: Consumer | None = None

    def read(self) -> None:
        """Takes in what has been decided since the last time; at the first, nothing of before."""
        for message in self._open().consume(AT_ONCE, _PATIENCE_S):
            value = message.value()
            if message.error() is None and isinstance(value, bytes):
                self.hear(decode_decision(value))

    def hear(self, decision: AnyDecision) -> None:
        if not isinstance(decision, Decision) or decision.cluster != self.cluster.name:
            return
        if is_piloted(decision.container, self.scope):
            return
        self.heard_s = max(self.heard_s, decision.time_s)
        by_hand = decision.evidence.trigger == "approval" and decision.disposition == "commanded"
        self.done += by_hand and decision.move is None
        kept = self.moves if decision.move is not None else self.sizes
        kept[decision.container] = decision

    def choice(self) -> Decision | None:
        """What she approves next: a move first, then cuts that stand, until so many are done; None: no more."""
        untried = [d for d in self.moves.values() if d.id not in self.tried]
        if untried and not self.tried:
            return max(untried, key=lambda d: (d.time_s, d.container))
        if self.done >= APPROVED or len(self.tried) >= TRIES:
            return None
        cuts = [d for d in self.sizes.values() if d.disposition == "recommended" and d.action == "resize_down"]
        cuts = [d for d in cuts if d.id not in self.tried]
        return min(cuts, key=self._rank, default=None)

    def _rank(self, decision: Decision) -> tuple[bool, float, str]:
        return self.heard_s - decision.time_s < STOOD_S, -decision.monthly_saving_usd, decision.container

    def approve(self, sent_s: float) -> Decision | None:
        """Sends her next approval, dated `sent_s`, if there is one."""
        chosen = self.choice()
        if chosen is not None:
            self.tried.add(chosen.id)
            body = Approve(container=chosen.container, decision_id=chosen.id)
            send_control(self.broker, self.cluster, body, AUTHOR, sent_s)
        return chosen

    def close(self) -> None:
        if self._consumer is not None:
            self._consumer.close()
            self._consumer = None

    def _open(self) -> Consumer:
        if self._consumer is None:
            settings = {"bootstrap.servers": self.broker, "group.id": "trimtab-demo", "enable.auto.commit": False}
            self._consumer = Consumer({**settings, **QUIET})
            count = declared_partitions(connect(self.broker), DECISIONS)
            self._consumer.assign([TopicPartition(DECISIONS, number, OFFSET_END) for number in range(count)])
        return self._consumer
