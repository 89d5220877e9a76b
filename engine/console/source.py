"""Where objects are read from: the topics of one declared cluster. Only reads."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from confluent_kafka.admin import AdminClient

from engine.broker.admin import connect, declared_partitions
from engine.broker.clusters import read_clusters
from engine.broker.reading import follow_topic, read_topic
from engine.console.log import Rosters
from engine.console.terms import Terms, take_row
from engine.errors import UserError
from engine.identity import partitions_of, slot_key
from engine.messages import Cluster
from engine.topics import load_topics
from engine.units import HOUR_S

Record = tuple[str, bytes]
_WIDENING_S: Final = (1200.0, 4.0 * HOUR_S, None)
"""Rosters come every 10 minutes and rows of state more often: so far back is looked, further where one is missing."""


@dataclass(frozen=True, slots=True)
class Source:
    """A cluster on a broker that answers."""

    bootstrap: str
    client: AdminClient
    cluster: Cluster

    @classmethod
    def open(cls, bootstrap: str, name: str | None) -> Source:
        """The cluster of that name; without one, the only one. Raises UserError."""
        client = connect(bootstrap)
        return cls(bootstrap, client, only_cluster(read_clusters(bootstrap, client), name))

    @property
    def replayed(self) -> bool:
        """Its messages carry the times of a replay: the broker's say nothing of them."""
        return self.cluster.clock == "replay"

    def all_partitions(self, topic: str) -> range:
        return range(declared_partitions(self.client, topic))

    def slot_partitions(self, topic: str, slots: Iterable[int] | None = None) -> list[int]:
        """Partitions of `events` (or its like) that hold these slots, by default all of the cluster."""
        count = declared_partitions(self.client, topic)
        wanted = range(self.cluster.slots) if slots is None else slots
        return partitions_of(self.cluster.name, wanted, count)

    def read(self, topic: str, partitions: Iterable[int], prefix: str, last_s: float | None) -> Iterator[Record]:
        """Records whose key begins with `prefix`, of the last `last_s` seconds by the broker's time; None: all."""
        since_s = None if last_s is None else time.time() - last_s
        for key, value in read_topic(self.bootstrap, topic, partitions, since_s):
            if value is not None and key.startswith(prefix):
                yield key, value

    def follow(self, topic: str, partitions: Iterable[int], prefix: str, last_s: float) -> Iterator[Record | None]:
        """As `read`, and then for ever what is appended; None where there is no more for now."""
        since_s = None if self.replayed and last_s else time.time() - last_s
        for record in follow_topic(self.bootstrap, topic, partitions, since_s):
            if record is None:
                yield None
            elif record[1] is not None and record[0].startswith(prefix):
                yield record[0], record[1]

    def last(self, seconds: float) -> float | None:
        """What is to be read for so many seconds of the cluster's own time."""
        return None if self.replayed else seconds

    def rosters(self) -> Rosters:
        """The newest roster of each slot."""
        found = Rosters()
        for last_s in _WIDENING_S:
            missing = [slot for slot in range(self.cluster.slots) if slot not in found.by_slot]
            if missing:
                partitions = self.slot_partitions("events", missing)
                for _, value in self.read("events", partitions, f"{self.cluster.name}/", last_s):
                    found.take(value)
        return found

    def terms(self, slots: Sequence[int]) -> dict[int, Terms]:
        """By slot, the terms that the engine's newest row of state has; slots without a row are missing."""
        topic = load_topics().by_label["state"].name
        found: dict[int, Terms] = {}
        for last_s in _WIDENING_S:
            missing = {slot_key(self.cluster.name, slot): slot for slot in slots if slot not in found}
            if missing:
                partitions = self.slot_partitions(topic, missing.values())
                for key, row in self.read(topic, partitions, f"{self.cluster.name}/", last_s):
                    if key in missing:
                        found[missing[key]] = take_row(row, found.get(missing[key]))
        return found


def only_cluster(known: dict[str, Cluster], name: str | None) -> Cluster:
    """The cluster that is meant. Raises UserError."""
    declared = ", ".join(known) or "none"
    if name is not None:
        if name not in known:
            raise UserError(f"cluster {name} is not declared (declared: {declared}): run `trimtab cluster add {name}`")
        return known[name]
    if not known:
        raise UserError("no cluster is declared: `trimtab cluster add NAME --containers N` declares one")
    if len(known) > 1:
        raise UserError(f"several clusters are declared ({declared}): name one with --cluster or TRIMTAB_CLUSTER")
    return next(iter(known.values()))


def newest_time(source: Source, times_s: Iterable[float]) -> float:
    """Now, by the cluster's clock: in a replay the newest time that was read."""
    return max(times_s, default=0.0) if source.replayed else time.time()
