"""A Kubernetes cluster as the executor's target."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Final, TypeVar

import structlog

from agents.executor.guard import Refusal
from agents.executor.kubernetes import evict, moves, template
from agents.executor.kubernetes.begun import Unfinished
from agents.executor.kubernetes.evict import Evictions
from agents.executor.kubernetes.facts import Surroundings
from agents.executor.kubernetes.guard import judge_live
from agents.executor.kubernetes.intent import Applied
from agents.executor.kubernetes.live import Live
from agents.executor.kubernetes.moves import Moves
from agents.executor.kubernetes.reading import Reader
from agents.executor.kubernetes.replicas import Replicas
from agents.executor.kubernetes.requests import Requests
from agents.executor.kubernetes.template import Rollouts
from agents.executor.kubernetes.ways import RestartBy, may_restart, restarts_itself, why_restart
from agents.executor.kubernetes.words import later_word
from agents.executor.kubernetes.writing import ATTEMPTS, Writer
from agents.executor.targets import Begun, Changed, Found, TargetError
from agents.kubernetes.connection import Api
from agents.kubernetes.errors import ApiError
from engine.messages import Command, Size

T = TypeVar("T")
HURRY_S: Final = 5.0
NOT_IN_PLACE: Final = ("infeasible", "refused_by_server")
"""Failures after which new pods may still have the size: on another node, or of a runtime that cannot lower memory."""
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
        self,
        api: Api,
        pods_at_once: int = 4,
        patience_s: float = 60.0,
        restart_by: RestartBy = "template",
        restart_patience_s: float = 600.0,
        move_patience_s: float = 1800.0,
        move_by_family: bool = False,
        yield_s: float = 86_400.0,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self.api = api
        self._now_s = now_s
        self.requests = Requests(api)
        self.reader = Reader(self.requests)
        self.writer = Writer(self.requests, self.reader)
        self._replicas = Replicas(self.requests, self.reader, self.writer, pods_at_once, patience_s)
        self._surroundings = Surroundings(self.requests, yield_s)
        self._yield_s = yield_s
        self._unfinished = Unfinished(self.requests, self.reader, yield_s)
        self._restart_by: RestartBy = restart_by
        self._moves = Moves(self.reader, self.writer, move_patience_s, move_by_family)
        self._ways: dict[str, Rollouts | Evictions] = {
            moves.WAY: self._moves,
            template.WAY: Rollouts(self.reader, self.writer, restart_patience_s),
            evict.WAY: Evictions(self.requests, self.reader, self.writer, restart_patience_s),
        }
        self._restarting = asyncio.Lock()
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """One workload is written by one command at a time."""

    async def look(self, container: str) -> Found | None:
        live = await _answered(self.reader.find(container))
        if live is None or (size := live.size) is None:
            return None
        intent = live.intent
        return Found(size, None if intent is None else intent.command, live)

    async def refuse(self, command: Command, found: Found) -> Refusal | None:
        live: Live = found.live
        restart = await self._why_restart(command, live)
        allowed = may_restart(command, live, self._restart_by, restart)
        asked = self._surroundings.of(live, command.target, self._now_s(), restart, allowed)
        return judge_live(command, await _answered(asked))

    async def apply(self, command: Command, found: Found) -> Size:
        """In place where that can be. Where a replica then cannot follow, by new pods if the command may restart."""
        live: Live = found.live
        why = await self._why_restart(command, live)
        by: str = self._restart_by if why and not restarts_itself(why) else ""
        if command.move_to:
            by = moves.WAY
        try:
            return await self._carry_out(command, found, by)
        except TargetError as error:
            allowed = may_restart(command, live, self._restart_by, str(error))
            if by or error.code not in NOT_IN_PLACE or not allowed:
                raise
            log.warning("not in place", container=command.container, command=command.id, why=str(error))
            return await self._by_restart(command, error)

    async def _by_restart(self, command: Command, why: TargetError) -> Size:
        """The way back from the attempt in place is done: all replicas have their size from before."""
        for _ in range(ATTEMPTS):
            now = await self.look(command.container)
            budget = "" if now is None else await _answered(self._surroundings.budget(now.live, str(why)))
            if now is None or budget:
                raise why
            with suppress(Changed):
                return await self._carry_out(command, now, self._restart_by)
        raise why

    async def _carry_out(self, command: Command, found: Found, by: str) -> Size:
        live: Live = found.live
        intent = Applied(
            command=command.id,
            size=command.target,
            why=f"{command.action}: {command.reason}",
            at=round(self._now_s(), 3),
            before=found.size,
            over=live.template_size,
            by=by,
            to=command.move_to or self._moves.came_from(live),
            came=self._moves.came_from(live),
        )
        async with self._one_at_a_time(live, by):
            if by:
                await _answered(self._ways[by].begin(live, intent))
                return await _answered(self._ways[by].end(live, intent))
            await self.writer.intend(live, intent)
            return await _answered(self._replicas.bring(live, intent))

    async def finish(self, command_id: str, container: str, found: Found) -> Size:
        """Goes on with what the owner's annotation says; a command that was being taken back is so to the end."""
        by = found.live.intent.by
        async with self._one_at_a_time(found.live, by):
            live = await _answered(self.reader.again(found.live))
            intent = None if live is None else live.intent
            if live is None or intent is None or intent.command != command_id:
                raise TargetError("another command or a person has taken over", "superseded")
            way = self._ways.get(intent.by, self._replicas)
            if intent.back:
                why = TargetError("taken back before, as the annotation says", intent.back)
                await _answered(way.back(live, intent, why))
            if (word := later_word(live, self._now_s(), self._yield_s)) is not None:
                why = TargetError(f"{word.manager} set {word.text}", "drifted_by_others")
                if intent.by:
                    raise why  # their template stands, and pods follow it
                await _answered(way.back(live, intent, why))
            if intent.by in self._ways:
                return await _answered(self._ways[intent.by].end(live, intent))
            return await _answered(self._replicas.bring(live, intent))

    async def begun(self, older_than_s: float) -> list[Begun]:
        return await _answered(self._unfinished.find(self._now_s(), older_than_s))

    @asynccontextmanager
    async def _one_at_a_time(self, live: Live, by: str) -> AsyncIterator[None]:
        """One command at a time for a workload, and one workload at a time where pods are made anew."""
        async with AsyncExitStack() as stack:
            if by:
                await stack.enter_async_context(self._restarting)
            await stack.enter_async_context(self._locks[live.owner.metadata.uid])
            yield

    async def close(self) -> None:
        await self.api.close()

    async def _why_restart(self, command: Command, live: Live) -> str:
        if command.move_to:
            return "other machines are other pods"
        return why_restart(live, command.target, await _answered(self.requests.can_resize()))


async def _answered(asked: Awaitable[T]) -> T:
    try:
        return await asked
    except ApiError as error:
        raise TargetError(str(error), "refused_by_server") from error
