"""One command carried out at the target: looked at, judged, written, finished; its outcome as it will be sent."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import structlog

from agents.executor.guard import Facts, Refusal, judge
from agents.executor.ledger import Decided, Intent
from agents.executor.targets import Changed, Found, Target, TargetError
from agents.executor.telemetry import Telemetry
from engine.codec import encode
from engine.messages import Command, Outcome, OutcomeStatus, Size

JUDGEMENTS: Final = 8
"""How often a command is judged anew, for others wrote in between."""
KNOW_BETTER: Final = ("drifted_by_others", "under_way")
"""Refusals by which a target says why a size has drifted."""
DETAIL: Final = 500
"""Longest detail of an outcome, in characters."""

log = structlog.get_logger()


class Carrier:
    """`slots`: of the cluster. `frozen_scopes`: what is frozen now. `now_s`: the clock by which commands expire."""

    def __init__(
        self,
        cluster: str,
        slots: int,
        target: Target,
        frozen_scopes: Callable[[], frozenset[str]],
        telemetry: Telemetry,
        now_s: Callable[[], float],
    ) -> None:
        self._cluster = cluster
        self._slots = slots
        self._target = target
        self._frozen_scopes = frozen_scopes
        self._telemetry = telemetry
        self._now_s = now_s

    async def carry_out(self, command: Command) -> Decided:
        """Looks, judges, writes. Judged at the last moment: a freeze may have come since the batch was taken."""
        try:
            for _ in range(JUDGEMENTS):
                found = await self._target.look(command.container)
                if found is not None and found.last_command == command.id:
                    return self._decided(command, "applied", size=await self._finish(command, found))
                refusal = await self._refusal(command, found)
                if refusal is not None or found is None:
                    return self._refused(command, refusal, found)
                with suppress(Changed):
                    return self._decided(command, "applied", size=await self._write(command, found))
            raise TargetError(f"the container changed {JUDGEMENTS} times while it was judged", "contended")
        except TargetError as error:
            log.error("target failed", container=command.container, command=command.id, error=str(error))
            return self._decided(command, "failed", error.code, str(error))

    async def written(self, intent: Intent) -> Decided | None:
        """The outcome of a half done command, finished now; None if nothing was written or the target is silent."""
        try:
            found = await self._target.look(intent.container)
            if found is None or found.last_command != intent.id:
                return None
            return self._decided(intent, "applied", size=await self._finish(intent, found))
        except TargetError as error:
            log.error("target failed", container=intent.container, command=intent.id, error=str(error))
            if error.code in ("target_error", "unreachable"):
                return None
            return self._decided(intent, "failed", error.code, str(error))

    async def _refusal(self, command: Command, found: Found | None) -> Refusal | None:
        """By the rules of all clusters, then by the target's own; once more by the first, for those take a while.

        Where the size has drifted, the target may know who did it.
        """
        first = self._judge(command, found)
        if found is None or (first is not None and first.code != "drifted"):
            return first
        own = await self._target.refuse(command, found)
        if first is not None:
            return own if own is not None and own.code in KNOW_BETTER else first
        return own or self._judge(command, found)

    def _refused(self, command: Command, refusal: Refusal | None, found: Found | None) -> Decided:
        assert refusal is not None
        size = None if found is None else found.size
        return self._decided(command, "refused", refusal.code, refusal.detail, size)

    def _judge(self, command: Command, found: Found | None) -> Refusal | None:
        frozen, current = self._frozen_scopes(), None if found is None else found.size
        return judge(command, Facts(self._cluster, self._now_s(), frozen, current))

    async def _write(self, command: Command, found: Found) -> Size:
        """Writes, and asks the target when that failed: an error on the way back does not undo a write."""
        started_s = time.perf_counter()
        try:
            return await self._target.apply(command, found)
        except TargetError as error:
            if error.code != "target_error":
                raise  # the target knows what became of it
            after = await self._target.look(command.container)
            if after is None or after.last_command != command.id:
                raise
            return await self._finish(command, after)
        finally:
            self._telemetry.apply_duration.observe(time.perf_counter() - started_s)

    async def _finish(self, command: Command | Intent, found: Found) -> Size:
        return await self._target.finish(command.id, command.container, found)

    def _decided(
        self,
        command: Command | Intent,
        status: OutcomeStatus,
        reason: str = "",
        detail: str = "",
        size: Size | None = None,
    ) -> Decided:
        """An executor speaks for its own cluster and its slots, whatever a command says."""
        outcome = Outcome(
            cluster=self._cluster,
            slot=command.slot % self._slots,
            sent_s=0.0,
            container=command.container,
            command_id=command.id,
            status=status,
            reason=reason,
            detail=detail[:DETAIL],
            size=size,
            time_s=self._now_s(),
        )
        return Decided(command.id, outcome.slot, status, reason, encode(outcome))
