"""Declared clusters: declare one, and read which there are."""

from __future__ import annotations

import time
from typing import Final, Literal

from confluent_kafka.admin import AdminClient

from engine.broker import admin
from engine.broker.controls import send_control
from engine.broker.reading import read_topic
from engine.broker.records import Outgoing, publish
from engine.codec import decode_cluster, encode
from engine.errors import UserError
from engine.identity import is_cluster_name, slots_for
from engine.messages import Cluster, Declare
from engine.topics import load_topics

TOPIC: Final = "clusters"
Clock = Literal["wall", "replay"]


def declare_cluster(
    bootstrap: str,
    name: str,
    containers: int,
    clock: Clock = "wall",
    sent_s: float | None = None,
    replication_factor: int | None = None,
    author: str = "",
) -> Cluster:
    """Declares a cluster: its topic for commands, a Declare control in each slot, its record in `clusters`.

    `containers`: how many it will hold, about; it fixes the number of slots for good. `sent_s`: the time that the
    controls state, by default now. Doing it again changes nothing. Raises UserError: no broker or topics, a name that
    cannot be one, or a cluster that is declared with other slots or another clock.
    """
    wanted = _wanted(name, containers, clock)
    client = admin.connect(bootstrap)
    known = read_clusters(bootstrap, client).get(name)
    if known is not None:
        _require_same(known, wanted, containers)
    admin.apply_for_cluster(client, load_topics(), name, replication_factor)
    if known is not None:
        return known
    body = Declare(slots=wanted.slots, clock=clock)
    send_control(bootstrap, wanted, body, author=author, sent_s=sent_s)  # before anybody can read that it exists
    publish(bootstrap, [Outgoing(TOPIC, 0, name, encode(wanted))])
    return wanted


def read_clusters(bootstrap: str, client: AdminClient | None = None) -> dict[str, Cluster]:
    """Every declared cluster, by name. Raises UserError: no broker, no topics."""
    partitions = admin.declared_partitions(client or admin.connect(bootstrap), TOPIC)
    found: dict[str, Cluster] = {}
    for key, value in read_topic(bootstrap, TOPIC, range(partitions)):
        if value is None:
            found.pop(key, None)
        else:
            found[key] = decode_cluster(value)
    return dict(sorted(found.items()))


def require_cluster(bootstrap: str, name: str) -> Cluster:
    """A declared cluster. Raises UserError when it is not."""
    known = read_clusters(bootstrap)
    if name not in known:
        declared = ", ".join(known) or "none"
        raise UserError(f"cluster {name} is not declared (declared: {declared}): run `trimtab cluster add {name}`")
    return known[name]


def _wanted(name: str, containers: int, clock: Clock) -> Cluster:
    if not is_cluster_name(name):
        raise UserError(f"a cluster's name is 1-63 lower-case letters, digits and hyphens, got {name!r}")
    if containers < 1:
        raise UserError(f"a cluster holds at least 1 container, got {containers}")
    return Cluster(name=name, slots=slots_for(containers), clock=clock, declared_s=round(time.time(), 3))


def _require_same(known: Cluster, wanted: Cluster, containers: int) -> None:
    if known.slots != wanted.slots:
        raise UserError(
            f"cluster {known.name} is declared with {known.slots} slots for good, "
            f"and {containers} containers would make {wanted.slots}: declare another cluster"
        )
    if known.clock != wanted.clock:
        raise UserError(f"cluster {known.name} is declared with clock {known.clock} for good, got {wanted.clock}")
