"""Objects as the API server writes them, kept as the collector keeps them."""

from __future__ import annotations

from typing import Any

import msgspec

from agents.collector.sources.kubernetes.kept import KeptPod, keep_pod
from agents.collector.sources.kubernetes.kept_nodes import KeptNode, keep_node
from agents.collector.sources.kubernetes.owners import KeptOwner, keep_owner
from agents.kubernetes.nodes import Node
from agents.kubernetes.pods import Pod
from agents.kubernetes.workloads import Workload

NOW = "2026-11-26T12:00:00Z"
NOW_S = 1795694400.0


def owned_by(kind: str, name: str) -> list[dict[str, Any]]:
    return [{"kind": kind, "name": name, "uid": "u", "controller": True}]


def pod(
    name: str = "web-1",
    owner: tuple[str, str] | None = None,
    containers: list[dict[str, Any]] | None = None,
    statuses: list[dict[str, Any]] | None = None,
    node: str = "n1",
    phase: str = "Running",
    **more: Any,
) -> KeptPod:
    """`more`: into metadata, or into spec and status by these names."""
    spec, status = more.pop("spec", {}), more.pop("status", {})
    metadata = {"name": name, "namespace": "shop", "uid": f"uid-{name}", "creationTimestamp": NOW, **more}
    if owner is not None:
        metadata["ownerReferences"] = owned_by(*owner)
    made = {
        "metadata": metadata,
        "spec": {"containers": containers or [container()], "nodeName": node, **spec},
        "status": {"phase": phase, "containerStatuses": statuses or [], **status},
    }
    return keep_pod(msgspec.json.decode(msgspec.json.encode(made), type=Pod))


def container(name: str = "app", cpu: str = "500m", memory: str = "1Gi", **more: Any) -> dict[str, Any]:
    return {"name": name, "resources": {"requests": {"cpu": cpu, "memory": memory}}, **more}


def node(name: str = "n1", kind: str = "m5.large", cpu: str = "2", memory: str = "8Gi", **more: Any) -> KeptNode:
    made = {
        "metadata": {"name": name, "labels": {"node.kubernetes.io/instance-type": kind, **more.pop("labels", {})}},
        "spec": more.pop("spec", {}),
        "status": {"allocatable": {"cpu": cpu, "memory": memory}, **more},
    }
    return keep_node(msgspec.json.decode(msgspec.json.encode(made), type=Node))


def owner(
    above: tuple[str, str] | None = None, template: dict[str, Any] | None = None, **annotations: str
) -> KeptOwner:
    metadata: dict[str, Any] = {"name": "x", "namespace": "shop", "annotations": annotations}
    if above is not None:
        metadata["ownerReferences"] = owned_by(*above)
    made = {"metadata": metadata, "spec": {"template": template or {}}}
    return keep_owner(msgspec.json.decode(msgspec.json.encode(made), type=Workload))
