"""Pods, and what every object of the API has: fields that we use, and no others. What is not named is not kept.

https://kubernetes.io/docs/reference/kubernetes-api/
"""

from __future__ import annotations

from msgspec import Raw, Struct, field


class OwnerReference(Struct, rename="camel", frozen=True, kw_only=True):
    kind: str
    name: str
    uid: str = ""
    controller: bool | None = None


class Metadata(Struct, rename="camel", frozen=True, kw_only=True):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    annotations: dict[str, str] = {}
    labels: dict[str, str] = {}
    owner_references: list[OwnerReference] = []
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None


class Resources(Struct, rename="camel", frozen=True, kw_only=True):
    """Quantities of one container, as text."""

    requests: dict[str, str] = {}
    limits: dict[str, str] = {}


class EnvironmentVariable(Struct, rename="camel", frozen=True, kw_only=True):
    name: str
    value: str = ""


class ResizePolicy(Struct, rename="camel", frozen=True, kw_only=True):
    resource_name: str
    restart_policy: str = "NotRequired"


class Container(Struct, rename="camel", frozen=True, kw_only=True):
    """Of a pod's spec. `restart_policy` Always makes an init container a sidecar."""

    name: str
    image: str = ""
    resources: Resources = Resources()
    command: list[str] = []
    args: list[str] = []
    env: list[EnvironmentVariable] = []
    resize_policy: list[ResizePolicy] = []
    restart_policy: str | None = None


class Terminated(Struct, rename="camel", frozen=True, kw_only=True):
    reason: str = ""
    exit_code: int = 0
    finished_at: str | None = None


class ContainerState(Struct, rename="camel", frozen=True, kw_only=True):
    terminated: Terminated | None = None


class ContainerStatus(Struct, rename="camel", frozen=True, kw_only=True):
    """`resources` is what the kubelet has set; absent on old nodes."""

    name: str
    restart_count: int = 0
    ready: bool = False
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()
    resources: Resources | None = None
    container_id: str = field(name="containerID", default="")


class Condition(Struct, rename="camel", frozen=True, kw_only=True):
    type: str
    status: str
    reason: str = ""
    message: str = ""
    last_transition_time: str | None = None
    observed_generation: int = 0


class Toleration(Struct, rename="camel", frozen=True, kw_only=True):
    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""


class PodSpec(Struct, rename="camel", frozen=True, kw_only=True):
    containers: list[Container] = []
    init_containers: list[Container] = []
    node_name: str = ""
    node_selector: dict[str, str] = {}
    affinity: Raw = Raw(b"null")
    tolerations: list[Toleration] = []
    overhead: dict[str, str] = {}
    resources: Resources | None = None


class PodStatus(Struct, rename="camel", frozen=True, kw_only=True):
    phase: str = ""
    reason: str = ""
    message: str = ""
    qos_class: str = ""
    observed_generation: int = 0
    start_time: str | None = None
    conditions: list[Condition] = []
    container_statuses: list[ContainerStatus] = []
    init_container_statuses: list[ContainerStatus] = []


class Pod(Struct, rename="camel", frozen=True, kw_only=True):
    metadata: Metadata
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()


class Namespace(Struct, rename="camel", frozen=True, kw_only=True):
    metadata: Metadata
