"""What a pod's status says of a resize, as kubelets of 1.33 and later write it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from agents.executor.kubernetes.actuation import progress
from agents.executor.kubernetes.objects import LivePod

SET = {"requests": {"cpu": "400m"}}
OLD = {"requests": {"cpu": "100m"}}


def pod(resources: Any = SET, generation: int = 2, seen: int = 2, phase: str = "Running", **condition: Any) -> LivePod:
    statuses = [{"name": "app", **({} if resources is None else {"resources": resources})}]
    conditions = [condition] if condition else []
    status = {
        "phase": phase, "observedGeneration": seen, "conditions": conditions, "containerStatuses": statuses,
    }  # fmt: skip
    spec = {"containers": [{"name": "app", "resources": SET}]}
    return msgspec.convert({"metadata": {"generation": generation}, "spec": spec, "status": status}, LivePod)


PENDING: dict[str, Any] = {"type": "PodResizePending", "status": "True"}


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (pod(), "actuated"),
        (pod(OLD), "in_progress"),
        (pod(seen=1), "in_progress"),
        (pod(seen=0), "actuated"),  # a kubelet that does not say which generation it has seen
        (pod(None), "in_progress"),
        (pod(**PENDING, reason="Deferred", observedGeneration=2), "deferred"),
        (pod(**PENDING, reason="Infeasible"), "infeasible"),
        (pod(**PENDING, reason="Infeasible", observedGeneration=1), "actuated"),  # of the resize before
        (pod(**{**PENDING, "status": "False"}, reason="Deferred"), "actuated"),
        (pod(type="PodResizeInProgress", status="True", reason="Error", message="memory in use"), "in_progress"),
        (pod(phase="Succeeded"), "gone"),
    ],
)
def test_progress(given: LivePod, state: str) -> None:
    assert progress(given, "app").state == state
