"""What the collector may do: read. Beside its lease it writes nothing."""

from __future__ import annotations

from typing import Final

from agents.kubernetes.access import LEASE, Right

_FOLLOW: Final = ("list", "watch")

RIGHTS: Final = (
    Right("", ("pods", "nodes", "namespaces"), _FOLLOW, "who runs where, restarts, OOM kills, policy of a namespace"),
    Right("", ("limitranges", "resourcequotas"), _FOLLOW, "what bounds sizes"),
    Right("apps", ("deployments", "replicasets", "statefulsets", "daemonsets"), _FOLLOW, "whose a pod is, its policy"),
    Right("batch", ("jobs", "cronjobs"), _FOLLOW, "whose a pod is, its policy"),
    Right("autoscaling", ("horizontalpodautoscalers",), _FOLLOW, "workloads that something else scales"),
    Right("", ("nodes/metrics",), ("get",), "usage: each kubelet asks whether one may read its /metrics"),
    LEASE,
)
