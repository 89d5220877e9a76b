"""Owners and pods as the executor reads them: with who wrote which field, beside the fields that all agents use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from msgspec import Struct

from agents.kubernetes.pods import Container, ContainerStatus, Metadata, PodSpec, PodStatus, Resources
from agents.kubernetes.resources import CRON_JOBS, OWNERS, PODS
from agents.kubernetes.sizes import size_of
from agents.kubernetes.workloads import Template, Workload
from engine.messages import Size

INSTANCE_TYPES: Final = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")
FINISHED: Final = ("Succeeded", "Failed")
POD: Final = "Pod"
Body = dict[str, Any]


class Written(Struct, rename="camel", frozen=True, kw_only=True):
    """What one manager wrote last: an entry of managedFields."""

    manager: str = ""
    operation: str = ""
    subresource: str = ""
    time: str | None = None
    fields: dict[str, Any] = msgspec.field(name="fieldsV1", default_factory=dict)


class LiveMetadata(Metadata, rename="camel", frozen=True, kw_only=True):
    managed_fields: list[Written] = msgspec.field(default_factory=list)


class LivePod(Struct, rename="camel", frozen=True, kw_only=True):
    metadata: LiveMetadata
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def running(self) -> bool:
        """Neither finished nor about to go."""
        return self.status.phase not in FINISHED and self.metadata.deletion_timestamp is None

    def container(self, name: str) -> Container | None:
        """By name; sidecars count. None where the pod has none such."""
        return next((each for each in sized(self.spec) if each.name == name), None)

    def status_of(self, name: str) -> ContainerStatus | None:
        statuses = (*self.status.container_statuses, *self.status.init_container_statuses)
        return next((each for each in statuses if each.name == name), None)

    def size(self, name: str) -> Size | None:
        """What the pod's spec states of a container, None where it has none such."""
        found = self.container(name)
        return None if found is None else stated(found.resources)


class _Identified(Struct):
    metadata: LiveMetadata


@dataclass(frozen=True)
class Owner:
    """A workload's top owner. `body` is the object as it came: what we own of it is taken from there."""

    kind: str
    body: Body = field(repr=False)
    metadata: LiveMetadata
    workload: Workload

    @classmethod
    def decode(cls, kind: str, content: bytes) -> Owner:
        return cls(
            kind,
            msgspec.json.decode(content),
            msgspec.json.decode(content, type=_Identified).metadata,
            msgspec.json.decode(content, type=Workload),
        )

    @property
    def path(self) -> str:
        kind = PODS if self.kind == POD else OWNERS[self.kind]
        return kind.path(self.metadata.namespace, self.metadata.name)

    @property
    def api_version(self) -> str:
        return "v1" if self.kind == POD else OWNERS[self.kind].group.removeprefix("apis/")

    def template(self) -> PodSpec:
        """What its next pods will be; of a bare pod, what it is."""
        inner: Any = self.body
        for step in template_steps(self.kind):
            inner = inner.get(step, {})
        return msgspec.json.decode(msgspec.json.encode(inner), type=Template).spec

    def template_size(self, container: str) -> Size | None:
        found = next((each for each in sized(self.template()) if each.name == container), None)
        return None if found is None else stated(found.resources)


def template_steps(kind: str) -> tuple[str, ...]:
    """Where the template of pods stands in an owner's body."""
    if kind == POD:
        return ()
    return ("spec", "jobTemplate", "spec", "template") if kind == CRON_JOBS.name else ("spec", "template")


def sized(spec: PodSpec) -> list[Container]:
    """Containers that run as long as their pod: those of the spec, and its sidecars."""
    return [*spec.containers, *(each for each in spec.init_containers if each.restart_policy == "Always")]


def is_sidecar(spec: PodSpec, container: str) -> bool:
    return any(each.name == container for each in spec.init_containers)


def stated(resources: Resources) -> Size:
    return size_of(resources.requests, resources.limits)
