"""Requests that are made again while the API server is away or busy. Every write names the version that it is based
on: one that is sent twice, for its answer was lost, is refused the second time and never done twice.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

import msgspec
import structlog

from agents.executor.kubernetes.intent import MANAGER
from agents.executor.targets import TargetError
from agents.kubernetes.connection import MERGE_PATCH, Api
from agents.kubernetes.errors import ApiError
from agents.kubernetes.reflector import pause_s

READ_S: Final = 30.0
"""How long reads are tried while nothing is begun."""
ANSWER_S: Final = 10.0
log = structlog.get_logger()


class _Kind(msgspec.Struct):
    name: str


class _Kinds(msgspec.Struct):
    resources: list[_Kind] = []


class Requests:
    """`begun_s`: how long a write is tried that others have gone before: half of it is done."""

    def __init__(self, api: Api, begun_s: float = 600.0) -> None:
        self.api = api
        self._begun_s = begun_s
        self._resizable = False

    async def get(self, path: str, **parameters: str) -> bytes:
        """Raises ApiError for what will not change by itself, TargetError `unreachable`."""
        return await self._persist("GET", path, parameters, None, "application/json", READ_S)

    async def find(self, path: str) -> bytes | None:
        """None where there is no such object."""
        try:
            return await self.get(path)
        except ApiError as error:
            if error.missing:
                return None
            raise

    async def patch(
        self,
        path: str,
        body: Any,
        content_type: str = MERGE_PATCH,
        patience_s: float | None = None,
        **parameters: str,
    ) -> bytes:
        """As `get`; by our field manager."""
        parameters = {"fieldManager": MANAGER, **parameters}
        return await self._persist("PATCH", path, parameters, body, content_type, patience_s or self._begun_s)

    async def post(self, path: str, body: Any) -> bytes:
        return await self._persist("POST", path, {"fieldManager": MANAGER}, body, "application/json", READ_S)

    async def can_resize(self) -> bool:
        """Whether there is `pods/resize`. Asked until it is so: a server that was too old may have been renewed."""
        if not self._resizable:
            kinds = msgspec.json.decode(await self.get("/api/v1"), type=_Kinds).resources
            self._resizable = any(each.name == "pods/resize" for each in kinds)
        return self._resizable

    async def _persist(
        self, method: str, path: str, parameters: dict[str, str], body: Any, content_type: str, patience_s: float
    ) -> bytes:
        until_s, failures = time.monotonic() + patience_s, 0
        while True:
            try:
                return await self.api.request(method, path, parameters, body, content_type, ANSWER_S)
            except ApiError as error:
                if not error.transient:
                    raise
                failures += 1
                wait_s = min(error.retry_after_s or pause_s(failures), 5.0 if not error.retry_after_s else 60.0)
                if time.monotonic() + wait_s > until_s:
                    raise TargetError(f"the API server: {error}", "unreachable") from error
                log.warning("trying again", request=f"{method} {path}", why=str(error), after_s=round(wait_s, 2))
            await asyncio.sleep(wait_s)
