"""What stays in memory of each object: small, equal where nothing that matters changed, and no piece of its bytes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, TypeVar, cast

from msgspec import Struct

from agents.collector.sources.kubernetes.where import Where, where_of
from agents.kubernetes.pods import Container, ContainerStatus, Metadata, Namespace, Pod
from agents.kubernetes.sizes import quality_of_service, size_of
from agents.runtime_hints import heap_bytes
from engine.messages import Size
from engine.policy.annotations import PREFIX

H = TypeVar("H", bound=Hashable)
Annotations = tuple[tuple[str, str], ...]
"""Those of trimtab, by name."""
MIRROR: Final = "kubernetes.io/config.mirror"
TEMPLATE_HASHES: Final = ("pod-template-hash", "controller-revision-hash")


class Owner(Struct, frozen=True):
    kind: str
    name: str


class KeptContainer(Struct, frozen=True):
    """`restarts`: it wants to be started anew when it is resized."""

    name: str
    size: Size
    restarts: bool
    heap: float | None


class Ends(Struct, frozen=True):
    """Of one container: how often it was started anew, when it last ended, when it was last killed for its memory."""

    name: str
    restarts: int = 0
    ended_s: float = 0.0
    killed_s: float = 0.0


class KeptPod(Struct, frozen=True):
    """`evicted_s`, `unschedulable_s`: since when it is so, None where it is not."""

    namespace: str
    name: str
    uid: str
    owner: Owner | None
    template: str
    node: str
    phase: str
    leaving: bool
    created_s: float
    annotations: Annotations
    containers: tuple[KeptContainer, ...]
    ends: tuple[Ends, ...]
    quality: str
    where: Where
    static: bool
    evicted_s: float | None = None
    unschedulable_s: float | None = None

    @property
    def runs(self) -> bool:
        return self.phase == "Running" and not self.leaving

    @property
    def waits(self) -> bool:
        return self.phase == "Pending" and not self.leaving


def keep_pod(pod: Pod) -> KeptPod:
    metadata, status = pod.metadata, pod.status
    containers = running_containers(pod)
    return KeptPod(
        namespace=shared(metadata.namespace), name=metadata.name, uid=metadata.uid, owner=controller_of(metadata),
        template=shared(first(metadata.labels, TEMPLATE_HASHES)), node=shared(pod.spec.node_name),
        phase=shared(status.phase), leaving=metadata.deletion_timestamp is not None,
        created_s=seconds(metadata.creation_timestamp), annotations=shared(ours(metadata.annotations)),
        containers=shared(tuple(map(_container, containers))),
        ends=shared(tuple(map(_ends, [*status.container_statuses, *status.init_container_statuses]))),
        quality=quality_of_service([size_of(c.resources.requests, c.resources.limits) for c in containers]),
        where=shared(where_of(pod.spec)), static=MIRROR in metadata.annotations,
        evicted_s=_evicted_s(pod), unschedulable_s=_unschedulable_s(pod),
    )  # fmt: skip


def running_containers(pod: Pod) -> list[Container]:
    """Those that live as long as the pod: its own and its sidecars."""
    return [*pod.spec.containers, *(c for c in pod.spec.init_containers if c.restart_policy == "Always")]


def keep_namespace(namespace: Namespace) -> Annotations | None:
    return ours(namespace.metadata.annotations) or None


def controller_of(metadata: Metadata) -> Owner | None:
    """The one that answers for the object's life; a node for its static pods is none."""
    found = next((o for o in metadata.owner_references if o.controller and o.kind != "Node"), None)
    return shared(Owner(found.kind, found.name)) if found is not None else None


def ours(annotations: Mapping[str, str]) -> Annotations:
    return tuple(sorted((key, text) for key, text in annotations.items() if key.startswith(PREFIX)))


def shared(value: H) -> H:
    """An equal value that others hold already: pods of a workload are the same in most."""
    return cast(H, _shared(value))


@lru_cache(maxsize=1 << 15, typed=True)
def _shared(value: Hashable) -> Hashable:
    return value


@lru_cache(maxsize=1 << 12)
def seconds(text: str | None) -> float:
    """Unix time of the API's times; 0 where there is none."""
    return datetime.fromisoformat(text).timestamp() if text else 0.0


def first(labels: Mapping[str, str], names: Sequence[str]) -> str:
    return next((labels[name] for name in names if name in labels), "")


def _container(container: Container) -> KeptContainer:
    size = size_of(container.resources.requests, container.resources.limits)
    environment = {variable.name: variable.value for variable in container.env}
    return KeptContainer(
        container.name, size, any(policy.restart_policy == "RestartContainer" for policy in container.resize_policy),
        heap_bytes([*container.command, *container.args], environment, size.memory_limit),
    )  # fmt: skip


def _ends(status: ContainerStatus) -> Ends:
    ends = [end for end in (status.state.terminated, status.last_state.terminated) if end is not None]
    kills = [seconds(end.finished_at) for end in ends if end.reason == "OOMKilled"]
    return Ends(
        shared(status.name),
        status.restart_count,
        max((seconds(end.finished_at) for end in ends), default=0.0),
        max(kills, default=0.0),
    )


def _evicted_s(pod: Pod) -> float | None:
    """Put out by its kubelet for want of memory; disks and process numbers have the same reason, in other words."""
    status = pod.status
    if status.phase != "Failed" or status.reason != "Evicted":
        return None
    if status.message and "memory" not in status.message.lower():
        return None
    times = [c.last_transition_time for c in status.conditions if c.type in ("DisruptionTarget", "Ready")]
    return max(map(seconds, times), default=seconds(pod.metadata.creation_timestamp))


def _unschedulable_s(pod: Pod) -> float | None:
    for condition in pod.status.conditions:
        if condition.type == "PodScheduled" and condition.status == "False" and condition.reason == "Unschedulable":
            return seconds(condition.last_transition_time)
    return None
