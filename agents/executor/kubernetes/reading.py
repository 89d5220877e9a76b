"""Fresh reads of a workload: its owner, and its pods by owner references, not by names."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from agents.executor.kubernetes.live import Live
from agents.executor.kubernetes.objects import INSTANCE_TYPES, POD, LivePod, Owner
from agents.executor.kubernetes.requests import Requests
from agents.kubernetes.pods import Metadata
from agents.kubernetes.resources import (
    CRON_JOBS,
    DEPLOYMENTS,
    JOBS,
    NODES,
    OWNERS,
    PODS,
    REPLICA_SETS,
    WithMetadata,
    items_of,
)
from engine.identity import split_node_type

KINDS: Final = tuple(sorted([*OWNERS, POD]))
"""Where two kinds have one name in a namespace, the first has it and the others are called name.kind."""
JOB_LABEL: Final = "job-name"


class Reader:
    """Reads one cluster. Methods raise ApiError and TargetError."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._kinds: dict[tuple[str, str], str] = {}
        """Kind of each workload that was found, where it is looked for first."""

    async def find(self, container: str) -> Live | None:
        """The container cluster/namespace/workload/container; None where no such workload has one."""
        _, namespace, workload, name = container.split("/")
        workload, node_type = split_node_type(workload)
        owner = await self.owner(namespace, workload)
        return None if owner is None else await self.live(owner, name, node_type)

    async def again(self, live: Live) -> Live | None:
        """The same, as it is now; None where its owner is gone, or another has its name."""
        content = await self._requests.find(live.owner.path)
        owner = None if content is None else Owner.decode(live.owner.kind, content)
        if owner is None or owner.metadata.uid != live.owner.metadata.uid:
            return None
        return await self.live(owner, live.container, live.node_type)

    async def live(self, owner: Owner, name: str, node_type: str) -> Live | None:
        pods = [pod for pod in await self.pods(owner) if pod.running and pod.container(name) is not None]
        if node_type and pods:
            nodes = await self._nodes_of_type(node_type)
            pods = [pod for pod in pods if pod.spec.node_name in nodes]
        if not pods and owner.template_size(name) is None:
            return None
        return Live(owner, name, node_type, tuple(sorted(pods, key=lambda pod: pod.metadata.name)))

    async def owner(self, namespace: str, workload: str) -> Owner | None:
        """By name: of the first kind that has it, or as name.kind."""
        known = self._kinds.get((namespace, workload))
        found = None if known is None else await self._get(known, namespace, workload)
        if found is None:
            tried = await asyncio.gather(*(self._get(kind, namespace, workload) for kind in KINDS))
            found = next((owner for owner in tried if owner is not None), None)
        if found is None and "." in workload:
            name, _, suffix = workload.rpartition(".")
            kind = next((kind for kind in KINDS if kind.lower() == suffix), None)
            return None if kind is None else await self._get(kind, namespace, name)
        if found is not None:
            self._kinds[namespace, workload] = found.kind
        return found

    async def pods(self, owner: Owner) -> list[LivePod]:
        """All pods of an owner, whatever state they are in."""
        if owner.kind == POD:
            pod = await self.pod(owner.metadata.namespace, owner.metadata.name)
            return [pod] if pod is not None and pod.metadata.uid == owner.metadata.uid else []
        controllers = await self._controllers(owner)
        if not controllers:
            return []
        selector = JOB_LABEL if owner.kind == CRON_JOBS.name else _selector(owner)
        content = await self._requests.get(PODS.path(owner.metadata.namespace), **_labels(selector))
        return [pod for pod in items_of(content, LivePod) if _controller(pod.metadata) in controllers]

    async def pod(self, namespace: str, name: str) -> LivePod | None:
        content = await self._requests.find(PODS.path(namespace, name))
        return None if content is None else msgspec.json.decode(content, type=LivePod)

    async def _controllers(self, owner: Owner) -> set[str]:
        """Uids that the controller of its pods may have."""
        between = {DEPLOYMENTS.name: REPLICA_SETS, CRON_JOBS.name: JOBS}.get(owner.kind)
        if between is None:
            return {owner.metadata.uid}
        path, selector = between.path(owner.metadata.namespace), _selector(owner)
        content = await self._requests.get(path, **_labels(selector))
        objects = items_of(content, WithMetadata)
        return {each.metadata.uid for each in objects if _controller(each.metadata) == owner.metadata.uid}

    async def _get(self, kind: str, namespace: str, name: str) -> Owner | None:
        """None where there is none, or one that another owner stands above."""
        path = (PODS if kind == POD else OWNERS[kind]).path(namespace, name)
        content = await self._requests.find(path)
        owner = None if content is None else Owner.decode(kind, content)
        if owner is None or any(each.controller and each.kind in OWNERS for each in owner.metadata.owner_references):
            return None
        return owner

    async def _nodes_of_type(self, node_type: str) -> set[str]:
        found = await asyncio.gather(
            *(self._requests.get(NODES.path(), labelSelector=f"{label}={node_type}") for label in INSTANCE_TYPES)
        )
        return {each.metadata.name for content in found for each in items_of(content, WithMetadata)}


def _controller(metadata: Metadata) -> str:
    return next((each.uid for each in metadata.owner_references if each.controller), "")


def _selector(owner: Owner) -> str:
    """What the labels say; expressions only narrow it, and owner references decide."""
    return ",".join(f"{key}={value}" for key, value in owner.workload.spec.selector.match_labels.items())


def _labels(selector: str) -> dict[str, str]:
    return {"labelSelector": selector} if selector else {}
