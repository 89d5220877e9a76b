"""Restarts, kills, evictions and waits in vain, each told once: what a pod's status says that it did not say before.

A watch can leave states out and a list tells all of them again, so nothing is counted by how often it is seen: restarts
by the count in the status, kills by the time at which the container ended. What a pod says when it is first seen counts
where it happened after `since_s`, up to which it was told already, by this collector or by the one that led before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from agents.collector.sources.kubernetes.kept import Ends, KeptPod

Kind = Literal["restarts", "oom_kills", "evictions", "unschedulable"]
_NONE = Ends("")


class News(NamedTuple):
    """`container`: the one it befell; None where it befell the pod."""

    kind: Kind
    container: str | None
    times: int


def news(before: KeptPod | None, after: KeptPod, since_s: float) -> list[News]:
    """What happened between two states of a pod. `before` of another pod of the same name counts as none."""
    if before is not None and before.uid != after.uid:
        before = None
    return [*_of_containers(before, after, since_s), *_of_pod(before, after, since_s)]


def _of_containers(before: KeptPod | None, after: KeptPod, since_s: float) -> Iterator[News]:
    known = {} if before is None else {ends.name: ends for ends in before.ends}
    for ends in after.ends:
        told = known.get(ends.name, _NONE)
        first = before is None
        if ends.killed_s > (since_s if first else told.killed_s):  # clocks of nodes are their own, to the second
            yield News("oom_kills", ends.name, 1)
        restarts = int(ends.ended_s > since_s and ends.restarts > 0) if first else ends.restarts - told.restarts
        if restarts > 0:
            yield News("restarts", ends.name, restarts)


def _of_pod(before: KeptPod | None, after: KeptPod, since_s: float) -> Iterator[News]:
    evicted_s, waits_s = after.evicted_s, after.unschedulable_s
    if evicted_s is not None and (evicted_s > since_s if before is None else before.evicted_s is None):
        yield News("evictions", None, 1)
    if waits_s is not None and (waits_s > since_s if before is None else before.unschedulable_s is None):
        yield News("unschedulable", None, 1)
