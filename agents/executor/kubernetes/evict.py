"""A size by new pods: each is put out through the eviction API, and the webhook sizes the one that takes its place."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Final

import structlog
from msgspec.structs import replace

from agents.executor.guard import differences
from agents.executor.kubernetes.intent import MANAGER, Applied
from agents.executor.kubernetes.live import Live
from agents.executor.kubernetes.objects import LivePod
from agents.executor.kubernetes.reading import Reader
from agents.executor.kubernetes.requests import Requests
from agents.executor.kubernetes.writing import Writer
from agents.executor.targets import Changed, TargetError
from agents.kubernetes.errors import ApiError
from agents.kubernetes.resources import PODS
from engine.messages import Size

GLANCE_S: Final = 0.5
WAY: Final = "evict"
WEBHOOK: Final = f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{MANAGER}"
log = structlog.get_logger()


class Evictions:
    """`patience_s`: for one eviction that a PodDisruptionBudget holds up, and for its replacement to be ready."""

    def __init__(self, requests: Requests, reader: Reader, writer: Writer, patience_s: float) -> None:
        self._requests = requests
        self._reader = reader
        self._writer = writer
        self._patience_s = patience_s

    async def begin(self, live: Live, intent: Applied) -> None:
        """Raises Changed, TargetError `no_webhook`: new pods would have the old size."""
        if await self._requests.find(WEBHOOK) is None:
            raise TargetError("evicting needs trimtab's webhook, which is not configured", "no_webhook")
        await self._writer.intend(live, intent)

    async def end(self, live: Live, intent: Applied) -> Size:
        """One by one, each when the one before is replaced and ready. Where one cannot, all go back: TargetError."""
        try:
            await self._all(live, intent)
        except TargetError as error:
            if error.code == "unreachable":
                raise
            await self.back(live, intent, error)
        return intent.size

    async def back(self, live: Live, intent: Applied, why: TargetError) -> None:
        """The intent from before, and new pods once more for those that were replaced. Raises `why`."""
        undone = replace(intent, back=why.code, size=intent.before or intent.size)
        while (now := await self._reader.again(live)) is not None:
            if now.intent is None or now.intent.command != intent.command:
                raise why
            with suppress(Changed):
                await self._writer.intend(now, undone)
                await self._all(now, undone)
                break
        raise why

    async def _all(self, live: Live, intent: Applied) -> None:
        wanted = len(live.pods)
        tried: set[str] = set()
        while True:
            now = await self._reader.again(live)
            if now is None:
                raise TargetError("the workload is gone, or another has its name", "gone")
            left = [pod for pod in now.pods if _differs(pod, now.container, intent.size)]
            if not left:
                return
            fresh = [pod for pod in left if pod.metadata.uid not in tried and pod.metadata.name]
            if len(tried) >= 2 * wanted or not fresh:
                raise TargetError("new pods do not get the size: the webhook passes them over", "no_webhook")
            tried.add(fresh[0].metadata.uid)
            await self._evict(fresh[0])
            await self._until_ready(now, fresh[0], wanted)

    async def _evict(self, pod: LivePod) -> None:
        """Waits for the budget; 429 is its no."""
        metadata, until_s = pod.metadata, time.monotonic() + self._patience_s
        name = {"name": metadata.name, "namespace": metadata.namespace}
        options = {"preconditions": {"uid": metadata.uid}}
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": name, "deleteOptions": options}
        path = PODS.path(metadata.namespace, metadata.name, "eviction")
        while True:
            try:
                await self._requests.api.request("POST", path, body=body)
                return
            except ApiError as error:
                if error.missing or error.conflict:
                    return  # it is gone, or another has its name
                if not error.transient:
                    raise
                if time.monotonic() > until_s:
                    raise TargetError(f"pod {metadata.name}: {error.message}", "disruption_budget") from error
                await asyncio.sleep(error.retry_after_s or GLANCE_S)

    async def _until_ready(self, live: Live, gone: LivePod, wanted: int) -> None:
        until_s = time.monotonic() + self._patience_s
        while time.monotonic() < until_s:
            now = await self._reader.again(live)
            pods = [] if now is None else [pod for pod in now.pods if pod.metadata.uid != gone.metadata.uid]
            if now is None or sum(is_ready(pod) for pod in pods) >= wanted:
                return
            await asyncio.sleep(GLANCE_S)
        raise TargetError(f"no pod took the place of {gone.metadata.name} in time", "rollout_failed")


def is_ready(pod: LivePod) -> bool:
    return any(each.type == "Ready" and each.status == "True" for each in pod.status.conditions)


def _differs(pod: LivePod, container: str, size: Size) -> bool:
    found = pod.size(container)
    return found is not None and bool(differences(found, size))
