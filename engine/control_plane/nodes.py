"""Nodes that nobody stands behind: kwok is their kubelet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.control_plane.client import Client, Object, Refusal

# Where kwok serves what a kubelet serves at /metrics/resource; metrics-server and the collector look it up here.
METRICS_PATH: Final = "metrics.k8s.io/resource-metrics-path"
_CONFLICT: Final = 409


def add_nodes(
    client: Client, count: int, cpu: str, memory: str, instance_type: str, zone: str, capacity_type: str,
    first: int, labels: Mapping[str, str],
) -> list[str]:  # fmt: skip
    """Makes `count` nodes, the first named `node-<first>`; those that exist are left as they are. Returns names."""
    names = [f"node-{number}" for number in range(first, first + count)]
    common = {
        "node.kubernetes.io/instance-type": instance_type,
        "topology.kubernetes.io/zone": zone,
        "topology.kubernetes.io/region": zone.rstrip("abcdef"),
        "karpenter.sh/capacity-type": capacity_type,
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        **labels,
    }
    for name in names:
        try:
            client.create("/api/v1/nodes", _node(name, common, cpu, memory))
        except Refusal as refusal:
            if refusal.code != _CONFLICT:
                raise
    return names


def ready(client: Client, name: str) -> bool:
    """The node says so, and with it where its kubelet answers."""
    conditions = client.get(f"/api/v1/nodes/{name}")["status"].get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _node(name: str, labels: Mapping[str, str], cpu: str, memory: str) -> Object:
    sizes = {"cpu": cpu, "memory": memory, "pods": "110"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {**labels, "kubernetes.io/hostname": name},
            "annotations": {METRICS_PATH: f"/metrics/nodes/{name}/metrics/resource"},
        },
        "status": {"capacity": sizes, "allocatable": sizes},
    }
