"""What two recommenders of VPA would set for the demo's workloads, read from their objects."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Final

from engine.broker.ports import free_port
from engine.broker.processes import spawn, terminate
from engine.control_plane import arguments
from engine.control_plane.build import programs
from engine.control_plane.client import Object
from engine.control_plane.development import DevelopmentCluster
from engine.demo.kubernetes.watch import Requests
from engine.demo.kubernetes.world import NAMESPACE, SHOP
from engine.quantity import parse_cpu, parse_memory

DEFAULT: Final = "default"
QUICK: Final = "quick"
QUICK_S: Final = 5.0
VPAS: Final = f"/apis/autoscaling.k8s.io/v1/namespaces/{NAMESPACE}/verticalpodautoscalers"


class QuickRecommender:
    """A second recommender, which thinks every 5 s and has no other setting of its own but its name."""

    def __init__(self, cluster: DevelopmentCluster) -> None:
        flags = arguments.vpa_recommender(cluster.kubeconfig, free_port(), QUICK_S)
        program = str(programs(lambda _: None) / "vpa-recommender")
        self._process = spawn([program, *flags, f"--recommender-name={QUICK}"], cluster.logs / "vpa-quick.log")

    def end(self) -> None:
        terminate(self._process, 1.0)


def make_vpas(cluster: DevelopmentCluster) -> None:
    """For each workload one of each recommender; mode Off, so that nothing but the targets comes of them."""
    for workload in SHOP:
        for recommender in (DEFAULT, QUICK):
            spec: Object = {
                "targetRef": {"apiVersion": "apps/v1", "kind": workload.kind, "name": workload.name},
                "updatePolicy": {"updateMode": "Off"},
            }
            if recommender != DEFAULT:
                spec["recommenders"] = [{"name": recommender}]
            metadata = {"name": f"{workload.name}.{recommender}"}
            body = {"apiVersion": "autoscaling.k8s.io/v1", "kind": "VerticalPodAutoscaler", "metadata": metadata}
            cluster.client.create(VPAS, {**body, "spec": spec})


@dataclass(slots=True)
class Targets:
    """`now`: by recommender and workload, what it would set; absent before its first. `changes`: wall time and all."""

    now: dict[tuple[str, str], Requests] = field(default_factory=dict)
    changes: list[tuple[float, str, str, Requests | None, Requests]] = field(default_factory=list)

    def look(self, items: list[dict[str, Any]], now_s: float | None = None) -> None:
        """`items`: the objects as they are."""
        now_s = time.time() if now_s is None else now_s
        for item in items:
            told = item.get("status", {}).get("recommendation", {}).get("containerRecommendations", [])
            if not told:
                continue
            workload, _, recommender = item["metadata"]["name"].rpartition(".")
            target = parse_cpu(told[0]["target"]["cpu"]), parse_memory(told[0]["target"]["memory"])
            before = self.now.get((recommender, workload))
            if target != before:
                self.changes.append((now_s, recommender, workload, before, target))
                self.now[recommender, workload] = target
