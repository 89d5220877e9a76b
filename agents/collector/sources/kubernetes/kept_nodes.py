"""What stays in memory of each node."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from agents.collector.sources.kubernetes.kept import first
from agents.kubernetes.nodes import Node, Taint
from agents.kubernetes.sizes import size_of
from engine.messages import Size

INSTANCE_TYPE: Final = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")
METRICS_PATH: Final = "metrics.k8s.io/resource-metrics-path"


class KeptNode(Struct, frozen=True):
    """`allocatable`: cores and bytes. `url`: the kubelet's, empty where the node has no address."""

    name: str
    node_type: str
    allocatable: Size
    labels: tuple[tuple[str, str], ...]
    taints: tuple[Taint, ...]
    cordoned: bool
    version: str
    url: str
    path: str


def keep_node(node: Node) -> KeptNode:
    metadata, status = node.metadata, node.status
    address = next((a.address for a in status.addresses if a.type == "InternalIP"), "")
    host = f"[{address}]" if ":" in address else address
    return KeptNode(
        name=metadata.name,
        node_type=first(metadata.labels, INSTANCE_TYPE),
        allocatable=size_of(status.allocatable, {}),
        labels=tuple(sorted(metadata.labels.items())),
        taints=tuple(node.spec.taints),
        cordoned=node.spec.unschedulable,
        version=status.node_info.kubelet_version,
        url=f"https://{host}:{status.daemon_endpoints.kubelet_endpoint.port}" if address else "",
        path=metadata.annotations.get(METRICS_PATH, ""),
    )
