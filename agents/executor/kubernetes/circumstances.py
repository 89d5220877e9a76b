"""What surrounds a workload at the moment of acting, as the guard is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from agents.kubernetes.bounds import Limits, Quota
from engine.messages import Policy, Size


class Word(NamedTuple):
    """What someone else set after us: who, when (seconds since 1970), and what."""

    manager: str
    at: float
    text: str


class Replica(NamedTuple):
    """`sizes`: of all containers of the pod, by name. `quality`: its class. `memory_used`: of this container, bytes."""

    pod: str
    node: str
    sizes: Mapping[str, Size]
    quality: str
    memory_used: float | None = None


class Circumstances(NamedTuple):
    """A fresh read. `free`: cores and bytes by node, beside the requests of all its pods.

    `restart`: why the command cannot be done without a restart, empty where it can. `may_restart`: whether it may.
    `budget`: the PodDisruptionBudget that allows no disruption now. `under_way`: a command that is not finished.
    """

    container: str
    deleting: bool
    paused: bool
    policy: Policy
    others: Word | None
    limits: list[Limits]
    quotas: list[Quota]
    replicas: list[Replica]
    free: Mapping[str, tuple[float, float]]
    restart: str
    may_restart: bool
    budget: str = ""
    under_way: str = ""
