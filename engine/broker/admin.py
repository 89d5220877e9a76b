"""Administration of a broker: look at its topics, and make them as declared."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)

from engine.broker.readiness import QUIET
from engine.broker.reconcile import Difference, Observed, differences, relevant
from engine.errors import UserError
from engine.topics import Topics

_ANSWER_S: Final = 10.0
_FIRST_ANSWER_S: Final = 5.0
_SETTLE_S: Final = 30.0
_MOST_REPLICAS: Final = 3


@dataclass(frozen=True, slots=True)
class Applied:
    """What `apply` did, and what it left for a person to decide."""

    done: list[Difference]
    left: list[Difference]


def connect(bootstrap: str) -> AdminClient:
    """A client of a broker that answers. Raises UserError when none does."""
    try:
        client = AdminClient({"bootstrap.servers": bootstrap, **QUIET})
        client.list_topics(timeout=_FIRST_ANSWER_S)
    except KafkaException as error:
        raise UserError(
            f"no Kafka broker answers at {bootstrap}: start one (`trimtab kafka start`) or name another with --broker"
        ) from error
    return client


def observe(client: AdminClient) -> dict[str, Observed]:
    """Every topic of the broker, with all its settings; one that is deleted meanwhile is not there."""
    partitions = {name: len(topic.partitions) for name, topic in client.list_topics(timeout=_ANSWER_S).topics.items()}
    asked = [ConfigResource(ResourceType.TOPIC, name) for name in partitions]
    answers = client.describe_configs(asked, request_timeout=_ANSWER_S) if asked else {}
    observed = {resource.name: _observed(partitions[resource.name], answer) for resource, answer in answers.items()}
    return {name: topic for name, topic in observed.items() if topic is not None}


def _observed(partitions: int, answer: Future[Any]) -> Observed | None:
    try:
        return Observed(partitions, {name: str(entry.value) for name, entry in answer.result().items()})
    except KafkaException as error:
        if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            return None
        raise


def diff(client: AdminClient, topics: Topics) -> list[Difference]:
    """What the broker lacks or has otherwise than declared."""
    observed = observe(client)
    return differences(relevant(topics, observed), observed)


def apply(client: AdminClient, topics: Topics, replication_factor: int | None = None) -> Applied:
    """Makes the broker as declared, as far as that deletes and shrinks nothing. Doing it again changes nothing.

    `replication_factor`: of topics that are made; by default the number of brokers, at most 3. Raises UserError
    when the broker refuses.
    """
    return _make(client, lambda: diff(client, topics), replication_factor)


def apply_for_cluster(
    client: AdminClient, topics: Topics, cluster: str, replication_factor: int | None = None
) -> Applied:
    """The same for the topics that one cluster has for itself."""
    return _make(client, lambda: differences(topics.of_cluster(cluster), observe(client)), replication_factor)


def _make(client: AdminClient, find: Callable[[], list[Difference]], replication_factor: int | None) -> Applied:
    found = find()
    replicas = replication_factor or min(_MOST_REPLICAS, len(client.list_topics(timeout=_ANSWER_S).brokers))
    for difference in found:
        if difference.remedy == "create":
            _create(client, difference, replicas)
        elif difference.remedy == "alter":
            _alter(client, difference)
        elif difference.remedy == "add partitions":
            _await(client.create_partitions([NewPartitions(difference.topic, difference.partitions)]).values())
    done = [difference for difference in found if difference.remedy != "left"]
    if done:
        _settle(client, find, {difference.topic for difference in done})
    return Applied(done, [difference for difference in found if difference.remedy == "left"])


def _settle(client: AdminClient, find: Callable[[], list[Difference]], names: set[str]) -> None:
    """Waits until the broker shows what it has agreed to: it takes a moment until metadata say so."""
    deadline = time.monotonic() + _SETTLE_S
    while time.monotonic() < deadline:
        found = client.list_topics(timeout=_ANSWER_S).topics
        leaders = [p.leader for name in names if name in found for p in found[name].partitions.values()]
        undone = [difference for difference in find() if difference.remedy != "left" and difference.topic in names]
        if min(leaders, default=-1) >= 0 and not undone:
            return
        time.sleep(0.1)
    raise UserError(f"the broker agreed to make {', '.join(sorted(names))}, and did not within {_SETTLE_S:.0f} s")


def _create(client: AdminClient, difference: Difference, replicas: int) -> None:
    settings = {**difference.settings, "min.insync.replicas": str(max(1, replicas - 1))}
    topic = NewTopic(difference.topic, difference.partitions, replication_factor=replicas, config=settings)
    _await(client.create_topics([topic]).values())


def _alter(client: AdminClient, difference: Difference) -> None:
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        for name, value in difference.settings.items()
    ]
    resource = ConfigResource(ResourceType.TOPIC, difference.topic, incremental_configs=entries)
    _await(client.incremental_alter_configs([resource]).values())


def _await(answers: Iterable[Future[Any]]) -> None:
    for answer in answers:
        try:
            answer.result(timeout=_ANSWER_S)
        except KafkaException as error:
            reason = error.args[0]
            if reason.code() != KafkaError.TOPIC_ALREADY_EXISTS:  # somebody else applies at the same time
                raise UserError(f"the broker refuses: {reason.str()}") from error


def declared_partitions(client: AdminClient, topic: str) -> int:
    """Number of partitions of a topic that must be there. Raises UserError."""
    found = client.list_topics(timeout=_ANSWER_S).topics
    if topic not in found:
        raise UserError(f"this Kafka has no topic `{topic}`: run `trimtab topics apply`")
    return len(found[topic].partitions)
