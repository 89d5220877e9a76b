"""What a broker lacks or has otherwise than `topics.yaml`, and what may be done about it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from msgspec.structs import replace

from engine.topics import Topic, Topics

Remedy = Literal["create", "alter", "add partitions", "left"]
"""What `apply` does. `left`: nothing, for it would delete, shrink, or lose the place of keys; `why` says which."""


@dataclass(frozen=True, slots=True)
class Observed:
    """A topic as a broker has it."""

    partitions: int
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is otherwise than declared. `found` is empty for a topic that is missing."""

    topic: str
    what: str
    wanted: str
    found: str
    remedy: Remedy
    why: str = ""
    partitions: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)


def differences(declared: list[Topic], observed: Mapping[str, Observed]) -> list[Difference]:
    """All that is otherwise, in the order of `declared`."""
    found: list[Difference] = []
    for topic in declared:
        there = observed.get(topic.name)
        found += [_missing(topic)] if there is None else [*_partitions(topic, there), *_settings(topic, there)]
    return found


def relevant(topics: Topics, observed: Mapping[str, Observed]) -> list[Topic]:
    """The topics to compare: those shared by all, and those that clusters have for themselves on this broker.

    A topic that must have as many partitions as another is held against that one as it is on the broker.
    """
    shared = [_as_its_leader(topic, topics, observed) for topic in topics.shared]
    templates = [topic for topic in topics.by_label.values() if topic.per_cluster]
    return shared + [
        replace(template, name=name)
        for template in templates
        for name in sorted(observed)
        if template.matches(name)
    ]


def _as_its_leader(topic: Topic, topics: Topics, observed: Mapping[str, Observed]) -> Topic:
    if topic.same_partitions_as is None:
        return topic
    leader = observed.get(topics.by_label[topic.same_partitions_as].name)
    return topic if leader is None else replace(topic, partitions=leader.partitions)


def _missing(topic: Topic) -> Difference:
    wanted = f"{topic.partitions} partition{'s' if topic.partitions > 1 else ''}, {topic.cleanup}"
    return Difference(topic.name, "topic", wanted, "", "create", "", topic.partitions, topic.settings())


def _partitions(topic: Topic, there: Observed) -> list[Difference]:
    if topic.partitions == there.partitions:
        return []
    remedy: Remedy = "add partitions"
    why = ""
    if topic.partitions_are_fixed:
        remedy, why = "left", "its partitions say where each slot lives"
    elif topic.partitions < there.partitions:
        remedy, why = "left", "Kafka cannot take partitions away"
    counts = str(topic.partitions), str(there.partitions)
    return [Difference(topic.name, "partitions", *counts, remedy, why, topic.partitions)]


def _settings(topic: Topic, there: Observed) -> list[Difference]:
    found = []
    for name, wanted in topic.settings().items():
        present = there.settings.get(name, "")
        if present == wanted:
            continue
        why = _harm(name, wanted, present)
        remedy: Remedy = "left" if why else "alter"
        found.append(Difference(topic.name, name, wanted, present, remedy, why, settings={name: wanted}))
    return found


def _harm(name: str, wanted: str, present: str) -> str:
    """Why a setting is better changed by a person; empty when it may be changed."""
    if name == "cleanup.policy" and present == "compact":
        return "deletion by age would take rows that are still true"
    if name == "cleanup.policy":
        return "compaction would take records that have not reached their age"
    if name == "retention.ms" and (present == "-1" or int(present or 0) > int(wanted)):
        return "a shorter retention deletes records"
    if name == "max.message.bytes" and int(present or 0) > int(wanted):
        return "a smaller limit refuses messages that are now taken"
    return ""
