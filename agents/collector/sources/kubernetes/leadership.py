"""Of several replicas one collects. What it may do depends on who led before."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from pathlib import Path
from types import FrameType
from typing import Final
from zlib import crc32

from prometheus_client import CollectorRegistry
from structlog.stdlib import get_logger

from agents.collector.sources.kubernetes.kept import seconds
from agents.collector.sources.kubernetes.settings import KubernetesSettings
from agents.collector.spool import Spool
from agents.kubernetes.connection import Api
from agents.kubernetes.lease import Election, LeaseLost
from engine.http import serve

LOST: Final = 75
"""Exit code: EX_TEMPFAIL of sysexits.h. Started again, the process stands by."""
TRANSITIONS: Final = "kubernetes/lease_transitions"
_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
log = get_logger(__name__)


class Leadership:
    """Of this process. `election` None: nobody else is there."""

    def __init__(self, election: Election | None) -> None:
        self._election = election
        self._holding: asyncio.Task[None] | None = None

    async def win(self, settings: KubernetesSettings, registry: CollectorRegistry) -> None:
        """Stands by until it is ours; ready to, or rollouts and drains of nodes would wait for it for ever."""
        if self._election is None:
            return
        server, _ = await serve(settings.http_host, settings.http_port, registry, lambda: None, lambda: None)
        try:
            await self._election.win()
        finally:
            await server.cleanup()
        self._holding = asyncio.create_task(self._hold(self._election))
        signal.signal(signal.SIGCONT, self._woken)

    def fence(self) -> None:
        """Ends the process where another may lead."""
        if self._election is not None and self._election.expired:
            log.error("lease_lost", why="it ran out while this process did not run")
            end_at_once()

    async def give_up(self) -> None:
        """Lets another lead without waiting. Nothing may be written any more."""
        if self._election is not None and self._holding is not None:
            self._holding.cancel()
            await asyncio.wait({self._holding})
            await self._election.release()

    def goes_on(self, spool: Spool) -> bool:
        """Whether nobody else led since this spool was written: we were the holder, or the last to let go."""
        if self._election is None:
            return True
        before, known = self._election.before, spool.fact(TRANSITIONS)
        ours = before is not None and (
            before.holder_identity == self._election.identity
            or (not before.holder_identity and isinstance(known, int) and before.lease_transitions == known + 1)
        )
        spool.remember({TRANSITIONS: self._election.transitions})
        return ours

    @property
    def taken_over_s(self) -> float | None:
        """Until when another surely told what happened."""
        before = None if self._election is None else self._election.before
        return None if before is None or before.renew_time is None else seconds(before.renew_time)

    async def _hold(self, election: Election) -> None:
        try:
            await election.hold()
        except LeaseLost as error:
            log.error("lease_lost", why=str(error))
            end_at_once()
        except asyncio.CancelledError:
            raise
        except BaseException:
            log.exception("election_failed")
            end_at_once()

    def _woken(self, _: int, __: FrameType | None) -> None:
        """After a stop by a signal, before anything else runs: it may have been long."""
        self.fence()


def end_at_once() -> None:
    """Nothing is flushed, no batch is awaited: what is unsent is in the spool, or another's to tell."""
    os._exit(LOST)


def election_of(settings: KubernetesSettings, api: Api) -> Election | None:
    pod = _ACCOUNT.is_file()
    if settings.elect == "off" or (settings.elect == "auto" and not pod):
        return None
    namespace = settings.lease_namespace or (_ACCOUNT.read_text().strip() if pod else "default")
    identity = f"{socket.gethostname()}_{crc32(str(settings.spool.resolve()).encode()):08x}"
    return Election(api, namespace, f"trimtab-collector-{settings.cluster}", identity, settings.lease_duration)
