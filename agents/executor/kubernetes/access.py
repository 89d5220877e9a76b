"""What the executor may do: change sizes of what runs. It makes no pods, deletes none, and reads no secrets."""

from __future__ import annotations

from typing import Final

from agents.kubernetes.access import LEASE, Right

RIGHTS: Final = (
    Right("", ("pods",), ("get", "list", "watch", "patch"), "the guard's fresh read, actuation, and the intent"),
    Right("", ("pods/resize",), ("patch",), "sizes in place"),
    Right("", ("pods/eviction",), ("create",), "--restart-by evict, within PodDisruptionBudgets"),
    Right("apps", ("deployments", "statefulsets", "daemonsets"), ("get", "list", "patch"), "intent, template, moves"),
    Right("apps", ("replicasets",), ("get", "list", "patch"), "between a Deployment and its pods, or an owner itself"),
    Right("batch", ("jobs", "cronjobs"), ("get", "list", "patch"), "intent and template"),
    Right("", ("nodes",), ("get", "list"), "room on a pod's node; machines of a move"),
    Right("", ("limitranges", "resourcequotas"), ("list",), "what bounds sizes"),
    Right("policy", ("poddisruptionbudgets",), ("list",), "whether a restart may be now"),
    Right("metrics.k8s.io", ("pods",), ("get",), "memory in use, before a memory limit is lowered"),
    Right(
        "admissionregistration.k8s.io", ("mutatingwebhookconfigurations",), ("get",),
        "--restart-by evict: without the webhook it would undo itself", names=("trimtab",),
    ),
    LEASE,
)  # fmt: skip
