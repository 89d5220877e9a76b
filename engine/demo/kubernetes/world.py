"""What runs in the demo's cluster: workloads whose requests are what people would have written, and their usage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from agents.collector.sources.derive import spread
from engine.core.rows import Array
from engine.identity import per_node_type
from engine.messages import ContainerSpec, Size
from engine.traces import Series
from engine.units import GIB

NAMESPACE: Final = "shop"
CONTAINER: Final = "app"
MIB: Final = GIB / 1024
DAYS: Final = 7
NODES: Final = (("m5.2xlarge", 2, "8", "32Gi"), ("r5.xlarge", 1, "4", "32Gi"), ("c5.2xlarge", 1, "8", "16Gi"))
"""Instance type, how many, cores, memory."""


@dataclass(frozen=True, slots=True)
class Workload:
    """`cpu` in cores and `memory` in MiB are mean usage of a replica; the requests are as written."""

    name: str
    kind: str
    replicas: int
    cpu: float
    memory: float
    cpu_request: float
    memory_request: int
    risk: str = ""
    """Share of samples that may lie above the request, as people state it in an annotation."""

    @property
    def path(self) -> str:
        """Of its kind's collection in the API."""
        return f"/apis/apps/v1/namespaces/{NAMESPACE}/{self.kind.lower()}s"

    @property
    def written(self) -> Size:
        """A request as people wrote it."""
        return Size(cpu_request=self.cpu_request, memory_request=self.memory_request * MIB)


SHOP: Final = (
    Workload("web", "Deployment", 3, 0.20, 180, 1.0, 512),
    Workload("checkout", "Deployment", 2, 0.30, 420, 0.25, 512, "1%"),
    Workload("checkout-canary", "Deployment", 1, 0.04, 160, 0.05, 256, "1%"),
    Workload("cart", "Deployment", 2, 0.08, 150, 0.5, 1024),
    Workload("search", "Deployment", 2, 0.45, 700, 2.0, 2048),
    Workload("payments", "Deployment", 1, 0.06, 220, 0.5, 512),
    Workload("images", "Deployment", 1, 0.35, 380, 0.2, 384, "1%"),
    Workload("recommendations", "Deployment", 1, 0.25, 900, 1.5, 1024),
    Workload("mailer", "Deployment", 1, 0.03, 120, 0.25, 256),
    Workload("orders", "StatefulSet", 2, 0.25, 600, 1.0, 2048),
    Workload("logs", "DaemonSet", 0, 0.05, 90, 0.2, 256),
)


def specs(workloads: Sequence[Workload] = SHOP) -> list[ContainerSpec]:
    """Rows as the collector will make them; a DaemonSet has one for each type of node."""
    rows = []
    for each in workloads:
        places = [(each.name, each.replicas)]
        if each.kind == "DaemonSet":
            places = [(per_node_type(each.name, node_type), count) for node_type, count, _, _ in NODES]
        for name, replicas in places:
            rows.append(
                ContainerSpec(
                    namespace=NAMESPACE, workload=name, container=CONTAINER, workload_kind=each.kind,
                    replicas=replicas, size=each.written,
                )
            )  # fmt: skip
    return rows


def demand(trace: Sequence[Series], seed: int, workloads: Sequence[Workload] = SHOP) -> Array:
    """Usage of a replica [workloads, steps, 2] in cores and bytes, over DAYS in steps of 5 minutes.

    Each takes a derived series of the trace as its shape, and its own mean.
    """
    whole = [series for series in trace if not np.isnan(series.value).any()]
    derived = spread(whole, len(workloads), DAYS, seed)
    shape = np.stack([series.value / series.value.mean(axis=0) for series in derived])
    shape[..., 1] = 1.0 + 0.3 * (shape[..., 1] - 1.0)  # what a program holds moves less than what it does
    mean = np.array([(each.cpu, each.memory * MIB) for each in workloads])
    usage: Array = np.clip(shape, 0.05, 4.0) * mean[:, None, :]
    return usage


def usage_annotations(usage: Array) -> dict[str, str]:
    """What kwok's kubelets then say that the pod uses; `usage` [2]."""
    cpu, memory = f"{usage[0] * 1e9:.0f}n", f"{usage[1]:.0f}"
    return {"kwok.x-k8s.io/usage-cpu": cpu, "kwok.x-k8s.io/usage-memory": memory}


def manifest(workload: Workload, usage: Array) -> dict[str, Any]:
    """The object that makes it, its pods using `usage` [2] from the start."""
    labels = {"app": workload.name}
    requests = {"cpu": f"{workload.cpu_request * 1000:.0f}m", "memory": f"{workload.memory_request}Mi"}
    container = {"name": CONTAINER, "image": f"{workload.name}:1", "resources": {"requests": requests}}
    spec: dict[str, Any] = {
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {"labels": labels, "annotations": usage_annotations(usage)}, "spec": {"containers": [container]}
        },
    }  # fmt: skip
    if workload.kind != "DaemonSet":
        spec["replicas"] = workload.replicas
    policy = {"trimtab.io/risk": workload.risk} if workload.risk else {}
    metadata = {"name": workload.name, "annotations": policy}
    return {"apiVersion": "apps/v1", "kind": workload.kind, "metadata": metadata, "spec": spec}
