"""How a command can be carried out: in place, or only by a restart, and why. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from agents.executor.guard import differences
from agents.executor.kubernetes.live import Live
from agents.executor.kubernetes.objects import POD
from agents.executor.kubernetes.template import KINDS
from agents.kubernetes.resources import DAEMON_SETS
from agents.kubernetes.workloads import DisruptionBudget
from engine.messages import Command, Size
from engine.units import RESOURCES

RestartBy = Literal["template", "evict", "never"]


def why_restart(live: Live, target: Size, resizable: bool) -> str:
    """Why the size needs a restart; empty where the running pods can take it. `resizable`: the server can resize."""
    if not resizable:
        return "the API server has no pods/resize: it is older than 1.33"
    for pod in live.pods:
        size, container = pod.size(live.container), pod.container(live.container)
        if size is None or container is None:
            continue
        for name in ("cpu_request", "cpu_limit", "memory_request", "memory_limit"):
            if getattr(size, name) is not None and getattr(target, name) is None:
                return f"{name} cannot be taken off a running pod"
        for policy in container.resize_policy:
            if policy.restart_policy == "RestartContainer" and policy.resource_name in _changed(size, target):
                return f"the pod's resizePolicy restarts the container for {policy.resource_name}"
    return ""


def restarts_itself(why: str) -> bool:
    """Whether the resize does the restart: then it goes the way of all resizes, once a restart is allowed."""
    return "resizePolicy" in why


def may_restart(command: Command, live: Live, by: RestartBy, why: str) -> bool:
    """The engine expected one, and new pods can have the size: by the template, or by the webhook."""
    if not command.may_restart or by == "never" or live.owner.kind == POD:
        return False
    if command.move_to:
        return live.owner.kind in KINDS and live.owner.kind != DAEMON_SETS.name  # those go where their nodes are
    if restarts_itself(why) or by == "evict":
        return True
    return live.owner.kind in KINDS and not live.node_type  # a DaemonSet's template is for all types of nodes


def blocking_budget(budgets: list[DisruptionBudget], labels: Mapping[str, str]) -> str:
    """The PodDisruptionBudget of such pods that allows no disruption now; empty where none forbids it.

    Rollouts do not heed budgets by themselves.
    """
    for each in budgets:
        wanted = each.spec.selector.match_labels
        if wanted and wanted.items() <= labels.items() and each.status.disruptions_allowed < 1:
            return each.metadata.name
    return ""


def _changed(size: Size, target: Size) -> set[str]:
    text = " ".join(differences(size, target))
    return {resource for resource in RESOURCES if f"{resource}_" in text}
