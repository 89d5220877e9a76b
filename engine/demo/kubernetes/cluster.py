"""The demo's cluster: nodes, accounts, workloads; and its pods as they are."""

from __future__ import annotations

import time
from typing import Any, Final

from agents.manifests import rbac
from engine.control_plane.client import Refusal, until
from engine.control_plane.development import DevelopmentCluster
from engine.core.rows import Array
from engine.demo.kubernetes.world import NAMESPACE, NODES, SHOP, manifest
from engine.errors import UserError

PODS: Final = f"/api/v1/namespaces/{NAMESPACE}/pods"
AGENTS: Final = ("collector", "executor")
_RBAC: Final = "/apis/rbac.authorization.k8s.io/v1"
_PATHS: Final = {
    "Namespace": "/api/v1/namespaces",
    "ServiceAccount": "/api/v1/namespaces/trimtab/serviceaccounts",
    "ClusterRole": f"{_RBAC}/clusterroles",
    "ClusterRoleBinding": f"{_RBAC}/clusterrolebindings",
    "Role": f"{_RBAC}/namespaces/trimtab/roles",
    "RoleBinding": f"{_RBAC}/namespaces/trimtab/rolebindings",
}
READY_S: Final = 60.0


def furnish(cluster: DevelopmentCluster, usage: Array) -> list[dict[str, Any]]:
    """Nodes, the accounts with their roles, the workloads at `usage` [workloads, 2]. Returns the pods, running.

    Raises UserError when they do not run within a minute.
    """
    for instance_type, count, cpu, memory in NODES:
        cluster.add_nodes(count, cpu=cpu, memory=memory, instance_type=instance_type)
    _admit_agents(cluster)
    cluster.client.create("/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    for workload, uses in zip(SHOP, usage, strict=True):
        cluster.client.create(workload.path, manifest(workload, uses))
    wanted = sum(each.replicas or sum(count for _, count, _, _ in NODES) for each in SHOP)
    if not until(lambda: len(running(cluster)) == wanted, READY_S):
        raise UserError(f"{len(running(cluster))} of {wanted} pods run after {READY_S:.0f} s; see {cluster.logs}")
    return pods(cluster)


def _admit_agents(cluster: DevelopmentCluster) -> None:
    """Accounts and roles as in docker/kubernetes, which is made of the same."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": rbac.NAMESPACE}}
    made = [body for agent in AGENTS for body, _ in rbac.objects(agent, rbac.AGENTS[agent])]
    for body in (namespace, *made):
        cluster.client.apply(f"{_PATHS[body['kind']]}/{body['metadata']['name']}", body)


def pods(cluster: DevelopmentCluster) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cluster.client.get(PODS)["items"]
    return found


def running(cluster: DevelopmentCluster) -> list[dict[str, Any]]:
    return [pod for pod in pods(cluster) if pod["status"].get("phase") == "Running"]


def set_usage(cluster: DevelopmentCluster, pod: str, annotations: dict[str, str]) -> float:
    """Its kubelet says so from now on. Returns the time; a pod that is gone is left."""
    try:
        cluster.client.patch(f"{PODS}/{pod}", {"metadata": {"annotations": annotations}})
    except Refusal as refusal:
        if refusal.code != 404:
            raise
    return time.time()
