"""A Kubernetes cluster as the executor's target."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog

from agents.executor.guard import Refusal
from agents.executor.kubernetes.intent import Applied
from agents.executor.kubernetes.live import Live
from agents.executor.kubernetes.reading import Reader
from agents.executor.kubernetes.replicas import Replicas
from agents.executor.kubernetes.requests import Requests
from agents.executor.kubernetes.writing import Writer
from agents.executor.targets import Found, TargetError
from agents.kubernetes.connection import Api
from agents.kubernetes.errors import ApiError
from engine.messages import Command, Size

T = TypeVar("T")
HURRY_S: Final = 5.0
log = structlog.get_logger()


class KubernetesTarget:
    """Writes through one API server.

    A write is: the intent on the owner (annotation), then each pod's annotation, then the pod's resize, then its
    kubelet's word that it is done. Each step is recognised by the next read, so that after a crash anywhere `finish`
    goes on where it was; a command that one pod cannot follow is taken back from all.
    """

    at_once = 8
    hurry_s: float | None = HURRY_S

    def __init__(
        self, api: Api, pods_at_once: int = 4, patience_s: float = 60.0, now_s: Callable[[], float] = time.time
    ) -> None:
        self._api = api
        self._now_s = now_s
        self.requests = Requests(api)
        self.reader = Reader(self.requests)
        self.writer = Writer(self.requests, self.reader)
        self._replicas = Replicas(self.requests, self.reader, self.writer, pods_at_once, patience_s)
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """One workload is written by one command at a time."""

    async def look(self, container: str) -> Found | None:
        live = await _answered(self.reader.find(container))
        if live is None or (size := live.size) is None:
            return None
        intent = live.intent
        return Found(size, None if intent is None else intent.command, live)

    async def refuse(self, command: Command, found: Found) -> Refusal | None:
        return None

    async def apply(self, command: Command, found: Found) -> Size:
        live: Live = found.live
        intent = Applied(
            command=command.id,
            size=command.target,
            why=f"{command.action}: {command.reason}",
            at=round(self._now_s(), 3),
            before=found.size,
            over=live.template_size,
        )
        async with self._locks[live.owner.metadata.uid]:
            await self.writer.intend(live, intent)
            return await _answered(self._replicas.bring(live, intent))

    async def finish(self, command_id: str, container: str, found: Found) -> Size:
        """Goes on with what the owner's annotation says; a command that was being taken back is so to the end."""
        async with self._locks[found.live.owner.metadata.uid]:
            live = await _answered(self.reader.again(found.live))
            intent = None if live is None else live.intent
            if live is None or intent is None or intent.command != command_id:
                raise TargetError("another command or a person has taken over", "superseded")
            if intent.back:
                why = TargetError("taken back before, as the annotation says", intent.back)
                await _answered(self._replicas.back(live, intent, why))
            return await _answered(self._replicas.bring(live, intent))

    async def close(self) -> None:
        await self._api.close()


async def _answered(asked: Awaitable[T]) -> T:
    try:
        return await asked
    except ApiError as error:
        raise TargetError(str(error), "refused_by_server") from error
