"""Dead letters of the shell: what the fold decided and Kafka has no place for."""

from __future__ import annotations

from engine.codec import encode, quoting
from engine.identity import commands_topic
from engine.messages import Command, DeadLetter
from engine.shell.settings import EVENTS

NO_TOPIC = "missing_commands_topic"


def undeliverable(command: Command, partition: int, offset: int) -> DeadLetter:
    """The dead letter of a command whose cluster has no topic. `partition`, `offset`: the event that caused it."""
    topic = commands_topic(command.cluster)
    letter = DeadLetter(
        id=f"{topic}/{command.id}",
        topic=EVENTS,
        partition=partition,
        offset=offset,
        key=command.container,
        reason=NO_TOPIC,
        detail=f"Topic `{topic}` does not exist: run `trimtab cluster add {command.cluster}`",
    )
    return quoting(letter, encode(command))
