"""What agents know of clusters: the declarations in the topic `clusters`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from engine.codec import decode_cluster
from engine.errors import ContractError, UserError
from engine.messages import Cluster

TOPIC: Final = "clusters"
ANSWER_MS: Final = 10_000


async def read_declaration(broker: str, cluster: str) -> Cluster:
    """The newest declaration of `cluster`. Raises UserError: no broker, no topics, not declared, not understood."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker,
        enable_auto_commit=False,
        auto_offset_reset="earliest",  # and no seek: a reset that is under way would win over it
        request_timeout_ms=ANSWER_MS,
        api_version="auto",
    )
    try:
        with _quiet():
            await consumer.start()
            payload = await _last(consumer, cluster)
    except (KafkaError, OSError, ValueError) as error:
        raise UserError(f"No Kafka answers at {broker}: start one, or name another with --broker.") from error
    finally:
        await consumer.stop()
    if payload is None:
        raise UserError(f"Cluster {cluster} is not declared: `trimtab cluster add {cluster} --containers N` does it.")
    try:
        return decode_cluster(payload)
    except ContractError as error:
        raise UserError(f"The declaration of cluster {cluster} cannot be read: {error}.") from error


async def _last(consumer: AIOKafkaConsumer, cluster: str) -> bytes | None:
    """Value of the last record with the cluster's name as its key; None where there is none, or it was removed."""
    if TOPIC not in await consumer.topics():
        raise UserError(f"This Kafka has no topic `{TOPIC}`: `trimtab topics apply` makes it.")
    consumer.subscribe([TOPIC])
    while not (partitions := consumer.assignment()):  # noqa: ASYNC110  (set by a task of the consumer)
        await asyncio.sleep(0.01)
    ends = await consumer.end_offsets(partitions)
    found: bytes | None = None
    while any([await consumer.position(partition) < ends[partition] for partition in partitions]):
        for records in (await consumer.getmany(timeout_ms=100)).values():
            found = next((r.value for r in reversed(records) if r.key == cluster.encode()), found)
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    """An absent broker is answered with one sentence, not with the client's log."""
    logger = logging.getLogger("aiokafka")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
