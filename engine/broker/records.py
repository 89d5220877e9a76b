"""A few records to a broker, waited for: what people's commands write."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import KafkaException, Producer

from engine.broker.readiness import QUIET
from engine.errors import UserError

PRODUCED: Final = "produced"
"""Header: wall time in seconds when the record was handed to the producer. For latency only, never for the fold."""
_PATIENCE_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to be written."""

    topic: str
    partition: int
    key: str
    value: bytes


def publish(bootstrap: str, records: Sequence[Outgoing]) -> None:
    """Writes all, in order, and waits until the broker has them. Raises UserError when it does not take one."""
    refusals: list[str] = []

    def delivered(error: Any, _: Any) -> None:
        if error is not None:
            refusals.append(error.str())

    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 0, **QUIET})
    try:
        for record in records:
            headers = [(PRODUCED, repr(time.time()).encode())]
            producer.produce(
                record.topic,
                record.value,
                record.key.encode(),
                record.partition,
                on_delivery=delivered,
                headers=headers,
            )
        unsent = producer.flush(_PATIENCE_S)
    except (KafkaException, BufferError) as error:
        raise UserError(f"the broker at {bootstrap} takes nothing: {error}") from error
    if unsent or refusals:
        raise UserError(f"the broker at {bootstrap} did not take a record: {(refusals or ['no answer'])[0]}")
