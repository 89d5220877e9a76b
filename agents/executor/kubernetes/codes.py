"""Reasons that outcomes have on a Kubernetes cluster beside those of all targets, and what they mean to people."""

from __future__ import annotations

from typing import Final, Literal

LiveCode = Literal[
    "being_deleted",
    "under_way",
    "rollout_paused",
    "policy_forbids",
    "drifted_by_others",
    "limit_range",
    "quota",
    "qos_class",
    "below_usage",
    "no_room",
    "needs_restart",
    "disruption_budget",
]
LIVE_MEANING: Final[dict[LiveCode, str]] = {
    "being_deleted": "The workload is being deleted.",
    "under_way": "Another executor has begun another command for it, and not finished.",
    "rollout_paused": "Someone has paused the workload's rollout.",
    "policy_forbids": "Annotations of the workload, as they are now, forbid it: stage, protection or bounds.",
    "drifted_by_others": "Someone else has changed the size since we set it: we yield for a while.",
    "limit_range": "A LimitRange of the namespace does not allow the size.",
    "quota": "A ResourceQuota of the namespace has no room for all replicas at that size.",
    "qos_class": "The size would change the pods' class of quality of service, which never changes in a pod's life.",
    "below_usage": "The memory limit would lie below what a replica uses now; its kubelet would not set it.",
    "no_room": "A node of the replicas has no room for that size.",
    "needs_restart": "It cannot be done without a restart, and that is not allowed for this command.",
    "disruption_budget": "It needs a restart, and a PodDisruptionBudget allows none now.",
}
FAILURE_MEANING: Final[dict[str, str]] = {
    "target_error": "The target did not do what it was asked.",
    "infeasible": "A node can never hold the size; all replicas have their size from before.",
    "deferred": "A node had no room for too long; all replicas have their size from before.",
    "not_actuated": "A kubelet did not set the size in time; all replicas have their size from before.",
    "refused_by_server": "The API server, or admission, refused the write; all replicas have their size from before.",
    "drifted_by_others": "Someone else wrote to it meanwhile; what we changed has its size from before.",
    "no_webhook": "Evicted pods would not come back with the size: the webhook is not there.",
    "disruption_budget": "A PodDisruptionBudget held up an eviction for too long.",
    "rollout_failed": "The rollout did not become available in time; the template is as before.",
    "unreachable": "The API server did not answer for too long; what was begun is finished when it does.",
    "gone": "The workload was deleted while it was written; what has its name now was not touched.",
    "contended": "It changed too often while it was written.",
    "superseded": "Another command took over before this one was finished.",
    "unschedulable": "No machine of that type came in time; the template is as before.",
}
