"""All replicas of a container to one size, in place: none is left between sizes, however it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import structlog
from msgspec.structs import replace

from agents.executor.guard import differences
from agents.executor.kubernetes.actuation import Progress, until_actuated
from agents.executor.kubernetes.intent import Applied
from agents.executor.kubernetes.live import Live
from agents.executor.kubernetes.objects import LivePod
from agents.executor.kubernetes.reading import Reader
from agents.executor.kubernetes.requests import Requests
from agents.executor.kubernetes.writing import Writer
from agents.executor.targets import Changed, TargetError
from engine.messages import Size

ROUNDS: Final = 5
"""How often the workload is read again for replicas that came meanwhile."""
log = structlog.get_logger()


class Replicas:
    """`pods_at_once`: of one workload. `patience_s`: for a kubelet that defers, or is silent, for each pod."""

    def __init__(
        self, requests: Requests, reader: Reader, writer: Writer, pods_at_once: int, patience_s: float
    ) -> None:
        self._requests = requests
        self._reader = reader
        self._writer = writer
        self._pods_at_once = pods_at_once
        self._patience_s = patience_s

    async def bring(self, live: Live, intent: Applied) -> Size:
        """All replicas to the intent's size. Where one cannot, all go back, and TargetError says which and why."""
        try:
            await self._all(live, intent, _as_judged(live, intent))
        except TargetError as error:
            if error.code == "unreachable":
                raise  # nobody can go back now either: it is finished when the server answers
            log.warning("going back", workload=live.owner.path, command=intent.command, why=str(error))
            await self.back(live, intent, error)
        return intent.size

    async def back(self, live: Live, intent: Applied, why: TargetError) -> None:
        """What was changed gets the size from before, first in the intent, then in the pods. Raises `why`."""
        undone = replace(intent, back=why.code, size=intent.before or intent.size)
        now = await self._undo(live, undone)
        changed = [] if now is None else [pod for pod in now.pods if _touched(now.applied_to(pod), intent)]
        for pod in changed:
            said = live.applied_to(pod)
            size = said.before if said is not None and said.before is not None else undone.size
            has = pod.size(live.container)
            if has is None or said is None or all(differences(has, each) for each in (said.size, size)):
                continue  # someone else's
            await self._writer.resize(pod, live, replace(undone, size=size), lambda _, __: True)
        raise why

    async def _undo(self, live: Live, undone: Applied) -> Live | None:
        """The workload with the intent taken back; None where it is gone."""
        while (now := await self._reader.again(live)) is not None:
            if live.is_bare:
                return now
            if now.intent is None or now.intent.command != undone.command:
                raise TargetError("another command took over; all pods are its own", "superseded")
            if now.intent.back:
                return now
            with suppress(Changed):
                await self._writer.intend(now, undone)
                return now
        return None

    async def _all(self, live: Live, intent: Applied, expected: Callable[[LivePod, Size], bool]) -> None:
        now = live
        for _ in range(ROUNDS):
            await self._side_by_side(now, list(now.pods), intent, expected)
            after = await self._reader.again(live)
            if after is None:
                raise TargetError("the workload is gone, or another has its name", "gone")
            if not any(differences(size, intent.size) for size in after.sizes):
                return
            now, expected = after, _as_judged(after, intent)
        raise TargetError("replicas keep coming with another size", "contended")

    async def _side_by_side(
        self, live: Live, pods: list[LivePod], intent: Applied, expected: Callable[[LivePod, Size], bool]
    ) -> None:
        """A pod that fails ends it: those under way are waited for, no more are begun."""
        failures: list[TargetError] = []

        async def work() -> None:
            while pods and not failures:
                try:
                    await self._one(pods.pop(0), live, intent, expected)
                except TargetError as error:
                    failures.append(error)

        await asyncio.gather(*(work() for _ in range(self._pods_at_once)))
        if failures:
            raise failures[0]

    async def _one(
        self, pod: LivePod, live: Live, intent: Applied, expected: Callable[[LivePod, Size], bool]
    ) -> None:
        written = await self._writer.resize(pod, live, intent, expected)
        if written is None:
            return
        done = await until_actuated(self._requests, self._reader, written, live.container, self._patience_s)
        if done.state not in ("actuated", "gone"):
            raise TargetError(f"pod {pod.metadata.name}: {done.detail}", _code(done))


def _code(progress: Progress) -> str:
    """Reason of the outcome. What is in progress still, after all patience, was not actuated."""
    return progress.state if progress.state in ("infeasible", "deferred") else "not_actuated"


def _touched(said: Applied | None, intent: Applied) -> bool:
    return said is not None and said.command == intent.command


def _as_judged(live: Live, intent: Applied) -> Callable[[LivePod, Size], bool]:
    """Sizes that a pod may have: its own when it was read, that from before, and the template's (a new one)."""
    known = {pod.metadata.uid: pod.size(live.container) for pod in live.pods}
    usual = [size for size in (intent.before, live.template_size) if size is not None]

    def expected(pod: LivePod, size: Size) -> bool:
        own = known.get(pod.metadata.uid)
        return any(not differences(size, each) for each in (*usual, *([] if own is None else [own])))

    return expected
