"""What a collector must know before it begins: the declarations of its clusters and the partitions of `events`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from structlog.stdlib import get_logger

from agents.clusters import read_declaration
from agents.collector.settings import EVENTS
from agents.collector.spool import Spool
from engine.codec import decode_cluster, encode
from engine.errors import UserError
from engine.messages import Cluster

PARTITIONS: Final = "partitions"
log = get_logger(__name__)


class Ground(NamedTuple):
    """What never changes once declared."""

    clusters: list[Cluster]
    partitions: int


async def survey(broker: str, names: Sequence[str], clock: Literal["wall", "replay"], spool: Spool) -> Ground:
    """Asks the broker. A collector that has run before goes on without one, by what its spool remembers.

    Raises UserError: no broker (and nothing remembered), not declared, declared with the other clock.
    """
    try:
        clusters = [await read_declaration(broker, name) for name in names]
        ground = Ground(clusters, await _partitions(broker))
        spool.remember({PARTITIONS: ground.partitions} | {f"cluster/{c.name}": encode(c) for c in clusters})
    except UserError as error:
        remembered = _remembered(names, spool) if isinstance(error.__cause__, KafkaError | OSError) else None
        if remembered is None:
            raise
        log.warning("broker_away_at_start", broker=broker, error=str(error))
        ground = remembered
    for cluster in ground.clusters:
        if cluster.clock != clock:
            raise UserError(
                f"Cluster {cluster.name} is declared with the clock {cluster.clock}, and this source runs on {clock}"
                f" time: declare another cluster with --clock {clock}."
            )
    return ground


def _remembered(names: Sequence[str], spool: Spool) -> Ground | None:
    known = [spool.fact(f"cluster/{name}") for name in names]
    partitions = spool.fact(PARTITIONS)
    if not isinstance(partitions, int) or not all(isinstance(value, bytes) for value in known):
        return None
    return Ground([decode_cluster(value) for value in known if isinstance(value, bytes)], partitions)


async def _partitions(broker: str) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    try:
        await admin.start()
        (topic,) = await admin.describe_topics([EVENTS])
    except (KafkaError, OSError) as error:
        raise UserError(f"No Kafka answers at {broker}: start one, or name another with --broker.") from error
    finally:
        await admin.close()
    if not topic["partitions"]:
        raise UserError(f"This Kafka has no topic `{EVENTS}`: `trimtab topics apply` makes it.")
    return len(topic["partitions"])
