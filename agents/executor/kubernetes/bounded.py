"""LimitRanges and ResourceQuotas against a size, as the API server holds them against a pod: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from agents.kubernetes.bounds import LimitItem, Limits, Quota
from agents.kubernetes.sizes import size_of
from engine.messages import Size
from engine.quantity import parse_amount
from engine.units import RESOURCES

ALIASES: Final = {"cpu": "requests.cpu", "memory": "requests.memory"}
UNCONDITIONAL: Final = ("NotBestEffort", "NotTerminating")
"""Scopes of quotas that hold for what we size; of others the API server has the last word."""


def outside_limits(limits: Limits, size: Size, pods: list[list[Size]]) -> str | None:
    """`pods`: the sizes of all containers of each pod, with the new one.

    https://kubernetes.io/docs/concepts/policy/limit-range/
    """
    for item in limits.spec.limits:
        if item.type == "Container":
            found = _outside(item, size)
        elif item.type == "Pod":
            found = next((text for pod in pods if (text := _outside(item, _sum(pod)))), None)
        else:
            continue
        if found:
            return f"{limits.metadata.name}, {item.type}: {found}"
    return None


def over_quota(quota: Quota, before: list[Size], size: Size) -> str | None:
    """`before`: the replicas' sizes, each of which becomes `size`. Only what grows is held against it."""
    if any(scope not in UNCONDITIONAL for scope in quota.spec.scopes) or bytes(quota.spec.scope_selector) != b"null":
        return None
    for key, hard in quota.status.hard.items():
        resource, kind = _meaning(key)
        if resource is None:
            continue
        name = f"{resource}_{kind}"
        more = sum((getattr(size, name) or 0.0) - (getattr(each, name) or 0.0) for each in before)
        number = RESOURCES.index(resource)
        left = parse_amount(hard, number) - parse_amount(quota.status.used.get(key, "0"), number)
        if more > 0 and more > left + 1e-9:
            return f"{quota.metadata.name}, {key}: {left:g} left of {hard}, {more:g} more are wanted"
    return None


def _outside(item: LimitItem, size: Size) -> str | None:
    return next(_violations(item, size), None)


def _violations(item: LimitItem, size: Size) -> Iterator[str]:
    low, high = _amounts(item.min), _amounts(item.max)
    for resource in RESOURCES:
        request, limit = (getattr(size, f"{resource}_{kind}") for kind in ("request", "limit"))
        least, most = (getattr(bound, f"{resource}_request") for bound in (low, high))
        for kind, amount in (("request", request), ("limit", limit)):
            if amount is not None and least is not None and amount < least:
                yield f"{resource} {kind} expected at least {least:g}, got {amount:g}"
            if amount is not None and most is not None and amount > most:
                yield f"{resource} {kind} expected at most {most:g}, got {amount:g}"
        ratio = item.max_limit_request_ratio.get(resource)
        if ratio is not None and request and limit and limit / request > float(ratio) * (1 + 1e-9):
            yield f"{resource} limit expected at most {ratio} times the request, got {limit / request:g}"


def _amounts(stated: Mapping[str, str]) -> Size:
    return size_of(stated, {})


def _sum(sizes: list[Size]) -> Size:
    """Of a pod; what one container does not state, the pod does not."""
    names = [f"{resource}_{kind}" for resource in RESOURCES for kind in ("request", "limit")]
    amounts = {name: [getattr(size, name) for size in sizes] for name in names}
    return Size(**{name: sum(each) for name, each in amounts.items() if None not in each})


def _meaning(key: str) -> tuple[str | None, str]:
    """Of a quota's key such as `limits.cpu`: resource and kind; no resource for what counts something else."""
    kind, _, resource = ALIASES.get(key, key).partition(".")
    if resource not in RESOURCES or kind not in ("requests", "limits"):
        return None, ""
    return resource, kind.removesuffix("s")
