"""Whether a kubelet has done what a pod's spec says, and waiting until it has.

https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/#pod-resize-status
"""

from __future__ import annotations

import asyncio
import time
from typing import Final, Literal, NamedTuple

from agents.executor.guard import differences
from agents.executor.kubernetes.objects import LivePod, stated
from agents.executor.kubernetes.reading import Reader
from agents.executor.kubernetes.requests import Requests
from agents.kubernetes.errors import ApiError
from agents.kubernetes.pods import Condition
from agents.kubernetes.resources import PODS

State = Literal["actuated", "in_progress", "deferred", "infeasible", "gone"]
PENDING: Final = "PodResizePending"
IN_PROGRESS: Final = "PodResizeInProgress"
GLANCE_S: Final = 5.0
"""A watch is broken off after so long for a fresh read: it may be silent for it is broken."""


class Progress(NamedTuple):
    state: State
    detail: str = ""


def progress(pod: LivePod, container: str) -> Progress:
    """What the pod's status says of its spec's present generation."""
    if not pod.running:
        return Progress("gone", pod.status.phase or "being deleted")
    pending, under_way = _condition(pod, PENDING), _condition(pod, IN_PROGRESS)
    if pending is not None:
        state: State = "infeasible" if pending.reason == "Infeasible" else "deferred"
        return Progress(state, pending.message or pending.reason)
    if under_way is not None:
        return Progress("in_progress", f"{under_way.reason} {under_way.message}".strip())
    seen = pod.status.observed_generation
    if seen and seen < pod.metadata.generation:
        return Progress("in_progress", "the kubelet has not seen it yet")
    wanted, status = pod.size(container), pod.status_of(container)
    if wanted is None or status is None or status.resources is None:
        return Progress("in_progress", "the kubelet does not say what it has set")
    left = differences(wanted, stated(status.resources))
    return Progress("in_progress", "; ".join(left)) if left else Progress("actuated")


def _condition(pod: LivePod, kind: str) -> Condition | None:
    """If it is true, and not of a generation before this one."""
    found = next((each for each in pod.status.conditions if each.type == kind and each.status == "True"), None)
    if found is not None and 0 < found.observed_generation < pod.metadata.generation:
        return None
    return found


async def until_actuated(
    requests: Requests, reader: Reader, pod: LivePod, container: str, patience_s: float
) -> Progress:
    """Watches the pod until its kubelet is done or never will be; `patience_s` ends the wait as it then stands."""
    deadline_s = time.monotonic() + patience_s
    namespace, name = pod.metadata.namespace, pod.metadata.name
    while True:
        found = await reader.pod(namespace, name)
        if found is None or found.metadata.uid != pod.metadata.uid:
            return Progress("gone", "it was deleted")
        now = progress(found, container)
        left_s = deadline_s - time.monotonic()
        if now.state in ("actuated", "infeasible", "gone") or left_s <= 0:
            return now
        try:
            async with asyncio.timeout(min(left_s, GLANCE_S)):
                await _until_news(requests, found)
        except TimeoutError:
            continue
        except ApiError:  # the next read waits until it answers
            await asyncio.sleep(0.2)


async def _until_news(requests: Requests, pod: LivePod) -> None:
    """Returns when the pod is no longer as it was read."""
    parameters = {
        "watch": "true",
        "fieldSelector": f"metadata.name={pod.metadata.name}",
        "resourceVersion": pod.metadata.resource_version,
    }
    async with requests.api.lines(PODS.path(pod.metadata.namespace), parameters) as lines:
        async for _ in lines:
            return
