"""Leader election by a Lease: of several replicas one holds it, and only the holder writes.

The rules are client-go's (https://pkg.go.dev/k8s.io/client-go/tools/leaderelection): a candidate takes over when it
has seen the record unchanged for the lease's whole duration by its own clock, so clocks of machines need not agree; a
holder that cannot renew gives up earlier than that. Between the two nobody writes, never two.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from random import random
from typing import Any, Final

import msgspec
from msgspec import Struct
from structlog.stdlib import get_logger

from agents.kubernetes.connection import Api
from agents.kubernetes.errors import ApiError
from agents.kubernetes.pods import Metadata
from engine.errors import TrimtabError, UserError

DURATION_S: Final = 15.0
RENEW_WITHIN_S: Final = 10.0
RETRY_S: Final = 2.0
PATH: Final = "/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
log = get_logger(__name__)


class LeaseLost(TrimtabError):
    """Another may hold it now: stop writing, at once."""


class LeaseSpec(Struct, rename="camel", frozen=True, kw_only=True):
    holder_identity: str | None = None
    lease_transitions: int | None = None
    renew_time: str | None = None


class Lease(Struct, rename="camel", frozen=True, kw_only=True):
    metadata: Metadata
    spec: LeaseSpec = LeaseSpec()


class Election:
    """One candidate, `identity`, for the lease `name`."""

    def __init__(self, api: Api, namespace: str, name: str, identity: str, duration_s: float = DURATION_S) -> None:
        self._api, self._name, self.identity = api, name, identity
        self._path = PATH.format(namespace=namespace)
        self._namespace = namespace
        self._duration_s = duration_s
        self._renew_within_s = duration_s * RENEW_WITHIN_S / DURATION_S
        self._retry_s = duration_s * RETRY_S / DURATION_S
        self._seen: tuple[str, float] | None = None
        """Resource version of the record, and since when by our own clock."""
        self._renewed_s = float("-inf")
        self.before: LeaseSpec | None = None
        """What the record said when we won; None when there was none."""
        self.transitions = 0
        """How often the holder has changed, as of our last write."""

    @property
    def expired(self) -> bool:
        """Another may hold it: nothing may be written any more, even if `hold` could not say so yet."""
        return time.monotonic() >= self._renewed_s + self._renew_within_s

    async def win(self) -> None:
        """Returns when it is ours. Raises UserError when the account may not use leases."""
        told = False
        while not await self._try():
            if not told:
                log.info("standing_by", lease=f"{self._namespace}/{self._name}")
                told = True
            await asyncio.sleep(self._retry_s * (1.0 + 0.2 * random()))
        log.info("leading", lease=f"{self._namespace}/{self._name}", identity=self.identity)

    async def hold(self) -> None:
        """Renews it until cancelled. Raises LeaseLost when it may have become another's."""
        while True:
            await asyncio.sleep(self._retry_s)
            left_s = self._renewed_s + self._renew_within_s - time.monotonic()
            try:
                async with asyncio.timeout(max(0.0, left_s)):
                    held = await self._try()
            except TimeoutError:
                held = False
            if not held and self.expired:
                raise LeaseLost(f"The lease {self._namespace}/{self._name} could not be renewed in time.")

    async def release(self) -> None:
        """Lets the next one in without waiting. Best effort: a lease runs out by itself."""
        try:
            lease = await self._read()
            if lease is not None and lease.spec.holder_identity == self.identity:
                await self._write(lease, "", 1)
        except ApiError as error:
            log.info("lease_not_released", why=str(error))

    async def _try(self) -> bool:
        """Takes or renews it. Only a write that is based on the record as read succeeds."""
        started_s = time.monotonic()
        try:
            lease = await self._read()
            won = self.expired  # a renewal is no win
            if lease is None:
                await self._create()
            elif not self._free(lease):
                return False
            else:
                await self._write(lease, self.identity)
        except ApiError as error:
            if error.status == 403:
                raise UserError(f"Leader election needs leases in namespace {self._namespace}: {error}.") from error
            if error.status != 409:  # another was faster
                log.warning("lease_unavailable", why=str(error))
            return False
        if won:
            self.before = None if lease is None else lease.spec
        self._renewed_s = started_s  # from before the write: others count from after it
        return True

    def _free(self, lease: Lease) -> bool:
        """Ours, nobody's, or unchanged for its duration since we first saw it so."""
        now_s, version = time.monotonic(), lease.metadata.resource_version
        if self._seen is None or self._seen[0] != version:
            self._seen = (version, now_s)
        holder = lease.spec.holder_identity
        return not holder or holder == self.identity or now_s - self._seen[1] > self._duration_s

    async def _read(self) -> Lease | None:
        try:
            return msgspec.json.decode(await self._api.get(f"{self._path}/{self._name}"), type=Lease)
        except ApiError as error:
            if error.missing:
                return None
            raise

    async def _create(self) -> None:
        body = {"metadata": {"name": self._name, "namespace": self._namespace}, "spec": self._spec(None, None)}
        await self._api.request("POST", self._path, body=body)

    async def _write(self, lease: Lease, holder: str, duration_s: int | None = None) -> None:
        metadata = {"name": self._name, "namespace": self._namespace}
        metadata["resourceVersion"] = lease.metadata.resource_version
        body = {"metadata": metadata, "spec": self._spec(lease, holder, duration_s)}
        await self._api.request("PUT", f"{self._path}/{self._name}", body=body)

    def _spec(self, lease: Lease | None, holder: str | None, duration_s: int | None = None) -> dict[str, Any]:
        name = self.identity if holder is None else holder
        before = lease.spec if lease is not None else LeaseSpec()
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        changed = before.holder_identity != name
        self.transitions = (before.lease_transitions or 0) + int(changed and lease is not None)
        return {
            "holderIdentity": name,
            "leaseDurationSeconds": duration_s or round(self._duration_s),
            "renewTime": now,
            "leaseTransitions": self.transitions,
            **({"acquireTime": now} if changed else {}),
        }
