"""The Kafka of the demo: one of its own, or one that is there and is treated as somebody else's."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from rich.console import Console

from engine.broker import admin
from engine.broker.development import DevelopmentBroker
from engine.errors import UserError
from engine.shell.settings import APP_ID
from engine.topics import load_topics

ANSWER_S: Final = 10.0


@contextmanager
def kafka(given: str, console: Console) -> Iterator[tuple[str, str]]:
    """Bootstrap servers with trimtab's topics, and a cluster name to use there.

    A development broker goes with its data at the end. On one that is there (`given`) topics are added, nothing is
    taken away, and the name is a new one. Raises UserError: no broker, or an engine runs on it already.
    """
    if not given:
        with DevelopmentBroker(progress=lambda text: console.print(text, highlight=False)) as broker:
            admin.apply(admin.connect(broker.bootstrap), load_topics())
            yield broker.bootstrap, "demo"
        return
    client = admin.connect(given)
    _require_no_engine(client, given)
    admin.apply(client, load_topics())
    yield given, f"demo-{secrets.token_hex(3)}"


def _require_no_engine(client: AdminClient, broker: str) -> None:
    """Another engine would share the partitions with the demo's, which then sees half of everything."""
    group = client.describe_consumer_groups([APP_ID], request_timeout=ANSWER_S)[APP_ID]
    try:
        members = len(group.result().members)
    except KafkaException:  # there never was an engine here
        members = 0
    if members:
        raise UserError(f"an engine runs on {broker} already ({members} in its group): the demo needs a Kafka without")
