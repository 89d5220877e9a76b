"""LimitRanges, quotas and autoscalers, as the API server writes them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from agents.collector.sources.kubernetes.bounds import (
    keep_limits,
    keep_quota,
    keep_scaler,
    quota_left,
    scaled_by,
)
from agents.kubernetes.bounds import Limits, Quota, Scaler
from engine.messages import LimitRange, Size

METADATA = {"name": "x", "namespace": "shop"}
GIB = 2.0**30


def decoded(made: dict[str, Any]) -> Quota:
    return msgspec.json.decode(msgspec.json.encode(made), type=Quota)


def test_limits_of_containers_are_the_closest_of_all_and_of_requests_from_below() -> None:
    items = [
        {"type": "Container", "min": {"cpu": "50m"}, "max": {"cpu": "4", "memory": "8Gi"}},
        {"type": "Container", "min": {"cpu": "100m", "memory": "64Mi"}, "max": {"cpu": "2"}},
        {"type": "Pod", "max": {"cpu": "1"}},
    ]
    limits = msgspec.convert({"metadata": METADATA, "spec": {"limits": items}}, Limits)
    assert keep_limits(limits) == LimitRange(
        min=Size(cpu_request=0.1, memory_request=64 * 2.0**20), max=Size(cpu_limit=2.0, memory_limit=8 * GIB)
    )
    assert keep_limits(msgspec.convert({"metadata": METADATA, "spec": {"limits": items[2:]}}, Limits)) is None


def test_what_a_quota_leaves() -> None:
    """`cpu` is another name of `requests.cpu`; of both the closer holds; what is overdrawn leaves nothing."""
    found = keep_quota(decoded({"metadata": METADATA, "spec": {}, "status": {
        "hard": {"cpu": "10", "requests.cpu": "8", "limits.memory": "16Gi", "pods": "9"},
        "used": {"cpu": "7500m", "requests.cpu": "7500m", "limits.memory": "20Gi"},
    }}))  # fmt: skip
    assert found is not None
    assert found.left == Size(cpu_request=0.5, memory_limit=0.0)
    assert keep_quota(decoded({"metadata": METADATA, "spec": {"hard": {"pods": "9"}}, "status": {}})) is None
    absurd = {"metadata": METADATA, "spec": {"hard": {"cpu": "9E"}}, "status": {}}
    assert keep_quota(decoded(absurd)) is None


@pytest.mark.parametrize(
    ("scopes", "quality", "kind", "applies"),
    [
        ([], "Burstable", "Deployment", True),
        (["BestEffort"], "Burstable", "Deployment", False),
        (["NotBestEffort"], "Burstable", "Deployment", True),
        (["NotTerminating", "NotBestEffort"], "Guaranteed", "Deployment", True),
        (["NotTerminating"], "Guaranteed", "Job", False),
        (["PriorityClass"], "Guaranteed", "Deployment", False),
    ],
)
def test_a_quota_with_scopes_is_of_some(scopes: list[str], quality: str, kind: str, applies: bool) -> None:
    made = {"metadata": METADATA, "spec": {"hard": {"cpu": "3"}, "scopes": scopes}, "status": {}}
    kept = keep_quota(decoded(made))
    assert kept is not None
    assert quota_left([kept], quality, kind) == (Size(cpu_request=3.0) if applies else None)


def test_a_quota_by_priority_is_left_to_the_api_server() -> None:
    selector = {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]}
    made = {"metadata": METADATA, "spec": {"hard": {"cpu": "3"}, "scopeSelector": selector}, "status": {}}
    kept = keep_quota(decoded(made))
    assert kept is not None
    assert quota_left([kept], "Burstable", "Deployment") is None


def test_what_a_scaler_scales_on() -> None:
    metrics = [
        {"type": "Resource", "resource": {"name": "memory"}},
        {"type": "ContainerResource", "containerResource": {"name": "cpu", "container": "app"}},
        {"type": "Pods"},
    ]
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "metrics": metrics}
    kept = keep_scaler(msgspec.convert({"metadata": METADATA, "spec": spec}, Scaler))
    assert (kept.kind, kept.name) == ("Deployment", "web")
    assert (scaled_by([kept], "app"), scaled_by([kept], "log")) == (["cpu", "memory"], ["memory"])
