"""The topic `aggregates`, read for one cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.broker.admin import connect, declared_partitions
from engine.broker.reading import read_topic
from engine.codec import decode_aggregate
from engine.messages import Aggregate

TOPIC: Final = "aggregates"


def read_aggregates(bootstrap: str, cluster: str) -> Iterator[Aggregate]:
    """All hours that the topic still has. Raises UserError: no broker, no topic; ContractError: not ours."""
    for key, value in read_topic(bootstrap, TOPIC, range(declared_partitions(connect(bootstrap), TOPIC))):
        if value is not None and key.startswith(f"{cluster}/"):
            yield decode_aggregate(value)
