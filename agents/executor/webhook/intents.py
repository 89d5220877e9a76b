"""The intents of all owners of a cluster, watched: an admission asks nobody."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Final, NamedTuple

from agents.executor.kubernetes.intent import AT, OWNERS, Applied, read_all
from agents.executor.kubernetes.objects import INSTANCE_TYPES, Body
from agents.executor.webhook.sizing import Intents
from agents.kubernetes.bounds import Limits
from agents.kubernetes.connection import Api
from agents.kubernetes.nodes import Node
from agents.kubernetes.reflector import Reflector
from agents.kubernetes.resources import CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, JOBS, LIMIT_RANGES, NODES
from agents.kubernetes.workloads import Workload

CATCH_UP_S: Final = 0.3
HASH: Final = "pod-template-hash"
SCHEDULED: Final = re.compile(r"-\d+$")
"""How a CronJob's Jobs are called: by the minute that they are of."""


class Kept(NamedTuple):
    """By annotation without its prefix: `app`, or `app.at.m5.large`."""

    intents: dict[str, Applied]


class ClusterIntents:
    """Run `run()`; `synced` tells whether all of it is known."""

    def __init__(self, api: Api) -> None:
        self._owners = {kind.name: Reflector(api, kind, _intents) for kind in OWNERS}
        self._nodes: Reflector[Node, str] = Reflector(api, NODES, _node_type)
        self._limits: Reflector[Limits, Limits] = Reflector(api, LIMIT_RANGES, lambda limits: limits)

    @property
    def synced(self) -> bool:
        return all(each.synced.is_set() for each in self._all())

    async def whole(self) -> None:
        """Returns when all of it is known."""
        await asyncio.gather(*(each.synced.wait() for each in self._all()))

    def age_s(self) -> float:
        """Of the oldest view: seconds for which it may have been out of date."""
        return max(each.age_s() for each in self._all())

    async def run(self) -> None:
        await asyncio.gather(*(each.run() for each in self._all()))

    def of(self, pod: Body, namespace: str) -> Intents:
        """The intents for a new pod's containers, by the owner reference that its controller gave it."""
        owner = owner_of(pod)
        if owner is None:
            return {}
        for kind, name in owner:
            kept = self._owners[kind].view.get(f"{namespace}/{name}") if kind in self._owners else None
            if kept is not None:
                node_type = self._nodes.view.get(node_of(pod), "") if kind == DAEMON_SETS.name else ""
                return _for_node_type(kept.intents, node_type)
        return {}

    async def catch_up(self, pod: Body) -> None:
        """A DaemonSet's pod may be asked about before its new node is in the view: waits for it, for a moment."""
        until_s = time.monotonic() + CATCH_UP_S
        while (node := node_of(pod)) and node not in self._nodes.view and time.monotonic() < until_s:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    def limits(self, namespace: str) -> list[Limits]:
        return [each for key, each in self._limits.view.items() if key.startswith(f"{namespace}/")]

    def _all(self) -> list[Reflector]:  # type: ignore[type-arg]  # of several kinds
        return [*self._owners.values(), self._nodes, self._limits]


def owner_of(pod: Body) -> list[tuple[str, str]] | None:
    """Kind and name of the owners whose intents may be meant, the nearest first; None for a pod of nobody.

    A Deployment is known by the hash in its ReplicaSet's name, a CronJob by the minute in its Job's: of what was made
    a moment ago no view knows yet.
    """
    metadata = pod.get("metadata", {})
    reference = next((each for each in metadata.get("ownerReferences") or [] if each.get("controller")), None)
    if reference is None:
        return None
    kind, name = reference["kind"], reference["name"]
    digest = (metadata.get("labels") or {}).get(HASH)
    if kind == "ReplicaSet":
        return [(DEPLOYMENTS.name, name.removesuffix(f"-{digest}"))] if digest and name.endswith(digest) else None
    if kind == JOBS.name:
        return [(kind, name), (CRON_JOBS.name, SCHEDULED.sub("", name))]
    return [(kind, name)]


def node_of(pod: Body) -> str:
    """The node for which a DaemonSet's pod is made: it says so by affinity."""
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    fields = [field for term in required.get("nodeSelectorTerms") or [] for field in term.get("matchFields") or []]
    return next((field["values"][0] for field in fields if field.get("key") == "metadata.name"), "")


def _for_node_type(intents: dict[str, Applied], node_type: str) -> Intents:
    ending = f"{AT}{node_type}"
    ours = {key.removesuffix(ending): each for key, each in intents.items() if node_type and key.endswith(ending)}
    return {**{key: each for key, each in intents.items() if AT not in key}, **ours}


def _intents(owner: Workload) -> Kept | None:
    found = read_all(owner.metadata.annotations)
    return Kept(found) if found else None


def _node_type(node: Node) -> str | None:
    labels = node.metadata.labels
    return next((labels[label] for label in INSTANCE_TYPES if label in labels), None)
