"""Whether a cluster, as it is at this moment, may be given a command: pure. Acts after the rules of all targets.

As there, rules stand in the order in which they act, and the first to act wins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple

from agents.executor.guard import Refusal
from agents.executor.kubernetes.bounded import outside_limits, over_quota
from agents.kubernetes.bounds import Limits, Quota
from agents.kubernetes.sizes import quality_of_service
from engine.messages import Command, Policy, Size
from engine.units import RESOURCES

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
CODES_OF_FAILURE: Final[dict[str, str]] = {
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


class Word(NamedTuple):
    """What someone else set after us: who, when (seconds since 1970), and what."""

    manager: str
    at: float
    text: str


class Replica(NamedTuple):
    """`sizes`: of all containers of the pod, by name. `quality`: its class. `memory_used`: of this container, bytes."""

    pod: str
    node: str
    sizes: Mapping[str, Size]
    quality: str
    memory_used: float | None = None


class Circumstances(NamedTuple):
    """A fresh read. `free`: cores and bytes by node, beside the requests of all its pods.

    `restart`: why the command cannot be done without a restart, empty where it can. `may_restart`: whether it may.
    `budget`: the PodDisruptionBudget that allows no disruption now. `under_way`: a command that is not finished.
    """

    container: str
    deleting: bool
    paused: bool
    policy: Policy
    others: Word | None
    limits: list[Limits]
    quotas: list[Quota]
    replicas: list[Replica]
    free: Mapping[str, tuple[float, float]]
    restart: str
    may_restart: bool
    budget: str = ""
    under_way: str = ""


def judge_live(command: Command, circumstances: Circumstances) -> Refusal | None:
    """The first refusal in the order of `LIVE_RULES`; None when the command may be applied."""
    for code, rule in LIVE_RULES:
        detail = rule(command, circumstances)
        if detail is not None:
            return Refusal(code, detail)
    return None


def _deleting(_: Command, now: Circumstances) -> str | None:
    return "it has a time of deletion" if now.deleting else None


def _under_way(_: Command, now: Circumstances) -> str | None:
    return f"command {now.under_way} is under way" if now.under_way else None


def _paused(_: Command, now: Circumstances) -> str | None:
    return "spec.paused is true" if now.paused else None


def _policy(command: Command, now: Circumstances) -> str | None:
    """What a person approved stands above stage and protection, not above bounds."""
    policy, cut = now.policy, command.action == "resize_down"
    if not command.approved:
        if policy.autopilot in ("observe", "recommend") or (policy.autopilot == "up_only" and cut):
            return f"trimtab.io/autopilot is {policy.autopilot}"
        if policy.protected and cut:
            return "trimtab.io/protected: it is never cut unless a person approves"
    if command.move_to and policy.families is not None and command.move_to.partition(".")[0] not in policy.families:
        return f"trimtab.io/families has no {command.move_to}"
    return _outside_policy(command, policy.floor or Size(), policy.ceiling or Size())


def _outside_policy(command: Command, floor: Size, ceiling: Size) -> str | None:
    """Requests that move; the ceiling wins over the floor, as in the engine."""
    for resource in RESOURCES:
        name = f"{resource}_request"
        wanted, had = getattr(command.target, name), getattr(command.expected, name)
        low, high = getattr(floor, name), getattr(ceiling, name)
        if wanted is None or wanted == had:
            continue
        if high is not None and wanted > high:
            return f"{name}: expected at most {high:g} by trimtab.io/ceiling, got {wanted:g}"
        if low is not None and wanted < low and (high is None or wanted < high):
            return f"{name}: expected at least {low:g} by trimtab.io/floor, got {wanted:g}"
    return None


def _others(_: Command, now: Circumstances) -> str | None:
    return None if now.others is None else f"{now.others.manager} set {now.others.text}"


def _limit_range(command: Command, now: Circumstances) -> str | None:
    pods = [_with(command, now, replica) for replica in now.replicas] or [[command.target]]
    return next((text for each in now.limits if (text := outside_limits(each, command.target, pods))), None)


def _quota(command: Command, now: Circumstances) -> str | None:
    before = [replica.sizes[now.container] for replica in now.replicas]
    return next((text for each in now.quotas if (text := over_quota(each, before, command.target))), None)


def _quality(command: Command, now: Circumstances) -> str | None:
    if now.restart:
        return None  # the engine has the policy's word on the class of new pods
    for replica in now.replicas:
        then = quality_of_service(_with(command, now, replica))
        if replica.quality and then != replica.quality:
            return f"pod {replica.pod} is {replica.quality} and would be {then}"
    return None


def _below_usage(command: Command, now: Circumstances) -> str | None:
    limit = command.target.memory_limit
    for replica in now.replicas:
        if limit is not None and replica.memory_used is not None and replica.memory_used > limit:
            return f"pod {replica.pod} uses {replica.memory_used:g} bytes, the limit would be {limit:g}"
    return None


def _no_room(command: Command, now: Circumstances) -> str | None:
    """All replicas of a node together; only what the command adds is counted. New pods find a node of their own."""
    if now.restart:
        return None
    for node, free in now.free.items():
        ours = [replica.sizes[now.container] for replica in now.replicas if replica.node == node]
        for resource, left in zip(RESOURCES, free, strict=True):
            name = f"{resource}_request"
            more = sum((getattr(command.target, name) or 0.0) - (getattr(size, name) or 0.0) for size in ours)
            if more > 0 and more > left * (1 + 1e-9):
                return f"node {node} has {max(0.0, left):g} of {resource} left, {more:g} more are wanted"
    return None


def _restart(_: Command, now: Circumstances) -> str | None:
    return now.restart if now.restart and not now.may_restart else None


def _budget(_: Command, now: Circumstances) -> str | None:
    return f"{now.budget} allows no disruption" if now.restart and now.budget else None


def _with(command: Command, now: Circumstances, replica: Replica) -> list[Size]:
    return [*{**replica.sizes, now.container: command.target}.values()]


LIVE_RULES: Final[tuple[tuple[LiveCode, Callable[[Command, Circumstances], str | None]], ...]] = (
    ("being_deleted", _deleting),
    ("under_way", _under_way),  # two at once would leave pods between sizes
    ("rollout_paused", _paused),
    ("policy_forbids", _policy),  # a person's word, then that of other programs
    ("drifted_by_others", _others),
    ("limit_range", _limit_range),  # what the API server would refuse, before half of it is written
    ("quota", _quota),
    ("qos_class", _quality),
    ("below_usage", _below_usage),  # what kubelets would refuse
    ("no_room", _no_room),
    ("needs_restart", _restart),
    ("disruption_budget", _budget),
)

