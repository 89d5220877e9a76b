"""The circumstances of a command: fresh reads of what surrounds a workload, put together for the guard."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from agents.executor.kubernetes.circumstances import Circumstances, Replica
from agents.executor.kubernetes.live import Live
from agents.executor.kubernetes.objects import LivePod, stated
from agents.executor.kubernetes.requests import Requests
from agents.executor.kubernetes.ways import blocking_budget
from agents.executor.kubernetes.words import later_word, under_way
from agents.kubernetes.bounds import Limits, Quota
from agents.kubernetes.errors import ApiError
from agents.kubernetes.pods import Container
from agents.kubernetes.resources import DISRUPTION_BUDGETS, LIMIT_RANGES, NODES, PODS, RESOURCE_QUOTAS, items_of
from agents.kubernetes.sizes import size_of
from agents.kubernetes.workloads import DisruptionBudget
from engine.errors import UserError
from engine.messages import Size
from engine.policy.annotations import read_annotations
from engine.quantity import parse_memory

MOST_NODES: Final = 50
"""Nodes whose room is looked at; of a workload on more of them the kubelets have the last word."""
USAGE: Final = "/apis/metrics.k8s.io/v1beta1/namespaces/{}/pods/{}"


class _Usage(msgspec.Struct):
    name: str
    usage: dict[str, str] = {}


class _PodUsage(msgspec.Struct):
    containers: list[_Usage] = []


class Surroundings:
    """`yield_s`: how long someone else's word stands above ours."""

    def __init__(self, requests: Requests, yield_s: float) -> None:
        self._requests = requests
        self._yield_s = yield_s

    async def of(
        self, live: Live, target: Size, now_s: float, restart: str = "", may_restart: bool = False
    ) -> Circumstances:
        """Raises ApiError, TargetError. Room of nodes is read for a raise, usage for a lower memory limit."""
        namespace = live.owner.metadata.namespace
        limits, quotas, free, used, budget = await asyncio.gather(
            self._requests.get(LIMIT_RANGES.path(namespace)),
            self._requests.get(RESOURCE_QUOTAS.path(namespace)),
            self._free(live, target),
            self._memory_used(live, target),
            self.budget(live, restart),
        )
        metadata = live.owner.metadata
        policy, _ = read_annotations(metadata.annotations)  # problems are told where rosters are made
        return Circumstances(
            container=live.container,
            deleting=metadata.deletion_timestamp is not None,
            paused=live.owner.workload.spec.paused,
            policy=policy,
            others=later_word(live, now_s, self._yield_s),
            limits=items_of(limits, Limits),
            quotas=items_of(quotas, Quota),
            replicas=[_replica(pod, used.get(pod.metadata.name)) for pod in live.pods],
            free=free,
            restart=restart,
            may_restart=may_restart,
            budget=budget,
            under_way=under_way(live, now_s, self._yield_s),
        )

    async def budget(self, live: Live, restart: str) -> str:
        """The PodDisruptionBudget that allows no disruption now; empty where none, or where nothing restarts."""
        if not restart:
            return ""
        content = await self._requests.get(DISRUPTION_BUDGETS.path(live.owner.metadata.namespace))
        labels = live.pods[0].metadata.labels if live.pods else {}
        return blocking_budget(items_of(content, DisruptionBudget), labels)

    async def _free(self, live: Live, target: Size) -> dict[str, tuple[float, float]]:
        nodes = {pod.spec.node_name for pod in live.pods if pod.spec.node_name}
        if len(nodes) > MOST_NODES or not any(_raises(size, target) for size in live.sizes):
            return {}
        names = sorted(nodes)
        rooms = await asyncio.gather(*(self._room(name) for name in names))
        return {name: room for name, room in zip(names, rooms, strict=True) if room is not None}

    async def _room(self, name: str) -> tuple[float, float] | None:
        content, pods = await asyncio.gather(
            self._requests.find(NODES.path(name=name)),
            self._requests.get(PODS.path(), fieldSelector=f"spec.nodeName={name}"),
        )
        if content is None:
            return None
        allocatable = size_of(NODES.decode(content).status.allocatable, {})
        return room_of(allocatable, items_of(pods, LivePod))

    async def _memory_used(self, live: Live, target: Size) -> dict[str, float]:
        """By pod; empty where there is no metrics API, or no need of it."""
        limit = target.memory_limit
        pods = [pod for pod in live.pods if limit is not None and _limit(pod, live.container) > limit]
        found = await asyncio.gather(*(self._usage(pod, live.container) for pod in pods))
        return {pod.metadata.name: used for pod, used in zip(pods, found, strict=True) if used is not None}

    async def _usage(self, pod: LivePod, container: str) -> float | None:
        try:
            content = await self._requests.api.get(USAGE.format(pod.metadata.namespace, pod.metadata.name))
            usage = msgspec.json.decode(content, type=_PodUsage).containers
            return next((parse_memory(each.usage["memory"]) for each in usage if each.name == container), None)
        except (ApiError, msgspec.DecodeError, KeyError, UserError):
            return None


def room_of(allocatable: Size, pods: list[LivePod]) -> tuple[float, float]:
    """Cores and bytes that a node has beside the requests of its pods."""
    taken = [requests_of(pod) for pod in pods if pod.status.phase not in ("Succeeded", "Failed")]
    cpu, memory = allocatable.cpu_request or 0.0, allocatable.memory_request or 0.0
    return cpu - sum(each[0] for each in taken), memory - sum(each[1] for each in taken)


def requests_of(pod: LivePod) -> tuple[float, float]:
    """As the scheduler counts a pod, but for init containers, which are over when sizes change."""
    sidecars = [each for each in pod.spec.init_containers if each.restart_policy == "Always"]
    sizes = [stated(each.resources) for each in (*pod.spec.containers, *sidecars)]
    sizes.append(size_of(pod.spec.overhead, {}))
    return sum(size.cpu_request or 0.0 for size in sizes), sum(size.memory_request or 0.0 for size in sizes)


def _replica(pod: LivePod, used: float | None) -> Replica:
    containers: list[Container] = [*pod.spec.containers, *pod.spec.init_containers]
    sizes = {each.name: stated(each.resources) for each in containers}
    return Replica(pod.metadata.name, pod.spec.node_name, sizes, pod.status.qos_class, used)


def _raises(size: Size, target: Size) -> bool:
    names = ("cpu_request", "memory_request")
    return any((getattr(target, name) or 0.0) > (getattr(size, name) or 0.0) for name in names)


def _limit(pod: LivePod, container: str) -> float:
    size = pod.size(container)
    return float("inf") if size is None or size.memory_limit is None else size.memory_limit
