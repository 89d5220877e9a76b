"""Kinds of objects and where the API server has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import msgspec

from agents.kubernetes.bounds import Limits, Quota, Scaler
from agents.kubernetes.nodes import Node
from agents.kubernetes.pods import Metadata, Namespace, Pod
from agents.kubernetes.workloads import DisruptionBudget, Workload

T = TypeVar("T")


@dataclass(frozen=True)
class Kind(Generic[T]):
    """A kind of object: `group` is api/v1 or apis/GROUP/VERSION, `plural` its name in paths and in RBAC rules."""

    name: str
    group: str
    plural: str
    type: type[T]

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """Of one object, of a namespace's objects, or of all of the cluster."""
        parts = [f"/{self.group}", *(["namespaces", namespace] if namespace else []), self.plural, name, subresource]
        return "/".join(part for part in parts if part)

    def decode(self, body: bytes) -> T:
        return msgspec.json.decode(body, type=self.type)


PODS: Final = Kind("Pod", "api/v1", "pods", Pod)
NAMESPACES: Final = Kind("Namespace", "api/v1", "namespaces", Namespace)
NODES: Final = Kind("Node", "api/v1", "nodes", Node)
LIMIT_RANGES: Final = Kind("LimitRange", "api/v1", "limitranges", Limits)
RESOURCE_QUOTAS: Final = Kind("ResourceQuota", "api/v1", "resourcequotas", Quota)
DEPLOYMENTS: Final = Kind("Deployment", "apis/apps/v1", "deployments", Workload)
REPLICA_SETS: Final = Kind("ReplicaSet", "apis/apps/v1", "replicasets", Workload)
STATEFUL_SETS: Final = Kind("StatefulSet", "apis/apps/v1", "statefulsets", Workload)
DAEMON_SETS: Final = Kind("DaemonSet", "apis/apps/v1", "daemonsets", Workload)
JOBS: Final = Kind("Job", "apis/batch/v1", "jobs", Workload)
CRON_JOBS: Final = Kind("CronJob", "apis/batch/v1", "cronjobs", Workload)
SCALERS: Final = Kind("HorizontalPodAutoscaler", "apis/autoscaling/v2", "horizontalpodautoscalers", Scaler)
DISRUPTION_BUDGETS: Final = Kind(
    "PodDisruptionBudget", "apis/policy/v1", "poddisruptionbudgets", DisruptionBudget
)
OWNERS: Final[dict[str, Kind[Workload]]] = {
    kind.name: kind for kind in (DEPLOYMENTS, REPLICA_SETS, STATEFUL_SETS, DAEMON_SETS, JOBS, CRON_JOBS)
}
"""Workload kinds by the name that owner references have."""


class _Items(msgspec.Struct, Generic[T]):
    items: list[T] = []


def items_of(body: bytes, kind: type[T]) -> list[T]:
    """The objects of a list that was answered whole."""
    return msgspec.json.decode(body, type=_Items[kind]).items  # type: ignore[valid-type]


class WithMetadata(msgspec.Struct):
    """Any object, as far as a watch must know it."""

    metadata: Metadata = Metadata()
