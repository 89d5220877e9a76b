"""Pods to workloads, by the series of kube-state-metrics. Pure.

A pod that has gone had an owner, too: what is read covers the time that is asked about, not only now.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from engine.identity import per_node_type, roster_name

Pod = tuple[str, str]
"""Namespace and name."""
_NOBODY: Final = ("", "<none>", "Node")
"""Kinds of owners that are none: a pod of its own, a static pod of a node."""
_SAFE: Final = "[bcdfghjklmnpqrstvwxz2456789]"
"""Letters of the names that Kubernetes makes up."""
_REPLICA_SET: Final = re.compile(rf"(.+)-{_SAFE}{{6,10}}")
_GUESSES: Final = (
    ("Deployment", re.compile(rf"(.+)-{_SAFE}{{6,10}}-{_SAFE}{{5}}")),
    ("StatefulSet", re.compile(r"(.+)-\d+")),
    ("DaemonSet", re.compile(rf"(.+)-{_SAFE}{{5}}")),
)


class Owner(NamedTuple):
    kind: str
    name: str


class Identity(NamedTuple):
    """Of a container within its cluster; `str` is the id of its series."""

    namespace: str
    workload: str
    container: str

    def __str__(self) -> str:
        return "/".join(self)


@dataclass
class Owners:
    """Who owns what, as far as it was seen: by pod, and by namespace and name of ReplicaSets and Jobs."""

    pods: dict[Pod, Owner] = field(default_factory=dict)
    replica_sets: dict[Pod, Owner] = field(default_factory=dict)
    jobs: dict[Pod, Owner] = field(default_factory=dict)
    guessed: set[Pod] = field(default_factory=set)
    """Pods whose workload was told by their name alone."""

    def top(self, namespace: str, pod: str) -> Owner:
        """The workload that a person wrote: not the ReplicaSet but its Deployment, not the Job but its CronJob."""
        owner = self.pods.get((namespace, pod))
        if owner is None:
            self.guessed.add((namespace, pod))
            return guess(pod)
        if owner.kind in _NOBODY:
            return Owner("Pod", pod)
        above = {"ReplicaSet": self.replica_sets, "Job": self.jobs}.get(owner.kind, {}).get((namespace, owner.name))
        return owner if above is None or above.kind in _NOBODY else above

    def kinds(self) -> dict[Pod, set[str]]:
        """Namespace and name of workloads to the kinds that bear it."""
        found: dict[Pod, set[str]] = defaultdict(set)
        for namespace, pod in self.pods:
            owner = self.top(namespace, pod)
            found[namespace, owner.name].add(owner.kind)
        return found


def guess(pod: str) -> Owner:
    """By its name, for want of kube-state-metrics.

    >>> guess("web-6d4cf56db6-x7k2p")
    Owner(kind='Deployment', name='web')
    """
    for kind, pattern in _GUESSES:
        if found := pattern.fullmatch(pod):
            return Owner(kind, found[1])
    return Owner("Pod", pod)


def deployment_of(replica_set: str) -> Owner:
    """A ReplicaSet's name is its Deployment's with a hash; one without a hash is a person's.

    >>> deployment_of("web-6d4cf56db6")
    Owner(kind='Deployment', name='web')
    """
    found = _REPLICA_SET.fullmatch(replica_set)
    return Owner("Deployment", found[1]) if found else Owner("ReplicaSet", replica_set)


def workload_name(owner: Owner, kinds: Collection[str], node_type: str) -> str:
    """Its name in a roster. `kinds`: all that bear that name in its namespace.

    A DaemonSet has a row per type of node, where that is known.

    >>> workload_name(Owner("StatefulSet", "web"), {"Deployment", "StatefulSet"}, "")
    'web.statefulset'
    """
    name = roster_name(owner.name, owner.kind, kinds)
    return per_node_type(name, node_type) if owner.kind == "DaemonSet" and node_type else name
