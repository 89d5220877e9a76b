"""Who is who: containers, slots, partitions. One function each, used by every producer and checked by the engine."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from math import ceil
from typing import Final
from zlib import crc32

CLUSTER_NAME: Final = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
CONTAINERS_PER_SLOT: Final = 500
"""At most; fewer where a cluster has few slots. Decision 17: a message costs as much as some hundred of its rows."""
SMALL_SLOT: Final = 150
SPREAD: Final = 12
"""A cluster is spread over as many slots as `events` has partitions, of `SMALL_SLOT` containers, before they grow."""
KILL_SWITCH: Final = "*"
"""Scope of the freeze of a whole cluster that no lift of another scope lifts, that of the cluster (``) included."""


def container_id(cluster: str, namespace: str, workload: str, container: str) -> str:
    """All replicas of a workload's container feed this one identity, so that state outlives pods."""
    return f"{cluster}/{namespace}/{workload}/{container}"


def workload_id(cluster: str, namespace: str, workload: str) -> str:
    """Key of a workload's aggregates: its containers' identities begin with it."""
    return f"{cluster}/{namespace}/{workload}"


def per_node_type(workload: str, node_type: str) -> str:
    """Name of a DaemonSet in a roster, `name@node-type`: its pods need what their node has them do, so each type of
    node has a row, and a size, of its own. `@` is valid in no name of Kubernetes."""
    return f"{workload}@{node_type}"


def split_node_type(workload: str) -> tuple[str, str]:
    """The name that Kubernetes knows, and the node type that the row is of; empty where it is of all."""
    name, _, node_type = workload.partition("@")
    return name, node_type


def roster_name(name: str, kind: str, kinds: Collection[str]) -> str:
    """Name of a workload in a roster. `kinds`: all that bear that name in its namespace; the first by the alphabet has
    it alone.

    >>> roster_name("web", "StatefulSet", {"Deployment", "StatefulSet"})
    'web.statefulset'
    """
    return name if kind == min(kinds) else name_with_kind(name, kind)


def name_with_kind(name: str, kind: str) -> str:
    return f"{name}.{kind.lower()}"


def workload_names(workload: str) -> tuple[str, ...]:
    """Names by which a scope may hold a workload of a roster, the most specific first."""
    name, node_type = split_node_type(workload)
    return (workload, name) if node_type else (name,)


def slots_for(containers: int) -> int:
    """Number of slots for a cluster that is declared with so many containers (at least 1)."""
    small = ceil(containers / SMALL_SLOT)
    return max(1, min(small, SPREAD), ceil(containers / CONTAINERS_PER_SLOT))


def slot_of(namespace: str, workload: str, slots: int) -> int:
    """Slot of a workload: CRC-32 (as in zlib) of `namespace/workload`, modulo the cluster's number of slots.

    A DaemonSet's rows of all node types are in one slot: that is where a control that names it goes.
    """
    return crc32(f"{namespace}/{split_node_type(workload)[0]}".encode()) % slots


def slot_key(cluster: str, slot: int) -> str:
    """Key of a slot's messages and of its row of state."""
    return f"{cluster}/{slot}"


def partition_of(cluster: str, slot: int, partitions: int) -> int:
    """Partition of `events` that holds a slot: slots of a cluster go round, starting at the CRC-32 of its name."""
    return (crc32(cluster.encode()) + slot) % partitions


def partitions_of(cluster: str, slots: Iterable[int], partitions: int) -> list[int]:
    """Those of `events` that hold these slots, each once."""
    return sorted({partition_of(cluster, slot, partitions) for slot in slots})


def commands_topic(cluster: str) -> str:
    return f"commands.{cluster}"


def decision_id(container: str, action: str, time_s: float) -> str:
    """Deterministic id of a decision, 16 hexadecimal digits: container, action and event time in milliseconds."""
    text = f"{container}|{action}|{round(time_s * 1000)}"
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def is_cluster_name(name: str) -> bool:
    return re.fullmatch(CLUSTER_NAME, name) is not None
