"""Whether a cluster, as it is at this moment, may be given a command: pure. Acts after the rules of all targets.

As there, rules stand in the order in which they act, and the first to act wins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from agents.executor.guard import Refusal
from agents.executor.kubernetes.bounded import outside_limits, over_quota
from agents.executor.kubernetes.circumstances import Circumstances, Replica
from agents.executor.kubernetes.codes import LiveCode
from agents.kubernetes.sizes import quality_of_service
from engine.messages import Command, Size
from engine.units import RESOURCES


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

