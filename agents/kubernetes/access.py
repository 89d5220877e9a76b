"""What an agent asks of the API server, as it states it itself: RBAC rules are written from this alone."""

from __future__ import annotations

from typing import NamedTuple


class Right(NamedTuple):
    """`group`: of the API, empty for the core's. `names`: only objects of these names. `why`: the rule's comment.
    `namespaced`: only in the namespace that the agent runs in."""

    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    why: str
    names: tuple[str, ...] = ()
    namespaced: bool = False


LEASE = Right(
    "coordination.k8s.io", ("leases",), ("get", "create", "update"), "one of several replicas acts", namespaced=True
)
