"""List and watch: a local view of all objects of a kind, kept up to date.

As client-go's reflector does it (https://pkg.go.dev/k8s.io/client-go/tools/cache#Reflector): list in pages, watch from
the list's resource version, go on from the last one seen (bookmarks count) when a watch ends or breaks, list again
when the server has forgotten that version (410), and wait longer each time it does not answer. Meanwhile the last view
stays.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from random import random
from typing import Final, Generic, TypeVar

import msgspec
from structlog.stdlib import get_logger

from agents.kubernetes.connection import Api
from agents.kubernetes.errors import ApiError
from agents.kubernetes.pods import Metadata
from agents.kubernetes.resources import Kind, WithMetadata

T = TypeVar("T")
K = TypeVar("K")
PAGE: Final = 500
WATCH_S: Final = 300
"""The server ends a watch after so long, at its own times: then one goes on from the last version."""
FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 30.0
log = get_logger(__name__)


class _Event(msgspec.Struct):
    type: str
    object: msgspec.Raw


class _Status(msgspec.Struct):
    code: int = 0
    reason: str = ""
    message: str = ""


class _ListMetadata(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(name="continue", default="")


class _Page(msgspec.Struct):
    metadata: _ListMetadata
    items: list[msgspec.Raw] = []


class Reflector(Generic[T, K]):
    """`keep(object)`: what stays in memory of each, None for nothing; a Raw field must not stay, it holds its page.
    `changed(key, before, after)`: called for each change, after the view has it. Keys are namespace/name, or the name
    of what has no namespace.
    """

    def __init__(
        self,
        api: Api,
        kind: Kind[T],
        keep: Callable[[T], K | None],
        changed: Callable[[str, K | None, K | None], None] | None = None,
        namespace: str = "",
        selectors: dict[str, str] | None = None,
    ) -> None:
        self.kind = kind
        self.view: dict[str, K] = {}
        self.synced = asyncio.Event()
        self.lists = 0
        self.breaks = 0
        self.unreadable = 0
        self.problem: str | None = None
        """Why the view may be out of date; None while it is watched."""
        self._api, self._keep, self._changed = api, keep, changed
        self._path, self._selectors = kind.path(namespace), selectors or {}
        self._decoder = msgspec.json.Decoder(kind.type)
        self._events, self._pages = msgspec.json.Decoder(_Event), msgspec.json.Decoder(_Page)
        self._metadata = msgspec.json.Decoder(WithMetadata)
        self._version: str | None = None
        self._contact_s = time.monotonic()

    def age_s(self) -> float:
        """Seconds for which the view may have been out of date: 0 while it is watched."""
        return 0.0 if self.problem is None else time.monotonic() - self._contact_s

    async def run(self) -> None:
        """Until cancelled. What the server refuses for good (403, say) is told once and tried again, more slowly."""
        failures = 0
        while True:
            try:
                if self._version is None:
                    await self._list()
                started_s = time.monotonic()
                await self._watch()
                failures = 0 if time.monotonic() - started_s > 1.0 else failures + 1
                if failures:  # something on the way ends watches as they begin
                    await asyncio.sleep(pause_s(failures))
            except ApiError as error:
                if error.gone:
                    log.info("watch_expired", kind=self.kind.name, why=error.message)
                    self._version = None
                    failures = min(failures + 1, 3)  # a list now and then; not a storm of them
                else:
                    self._lost(error)
                    failures += 1
                await asyncio.sleep(error.retry_after_s or pause_s(failures))

    async def _list(self) -> None:
        """All pages, then what is no longer there. An expired page token (410) begins again."""
        found: set[str] = set()
        parameters = {**self._selectors, "limit": str(PAGE)}
        while True:
            page = self._pages.decode(await self._api.get(self._path, **parameters))
            found.update(self._put(key_of(self._metadata.decode(raw).metadata), raw) for raw in page.items)
            if not page.metadata.continue_:
                break
            parameters["continue"] = page.metadata.continue_
        for key in self.view.keys() - found:
            self._remove(key)
        self.lists += 1
        self._version = page.metadata.resource_version
        self._found()

    async def _watch(self) -> None:
        """Until the server ends it. Raises ApiError, `gone` where only a new list helps."""
        parameters = {
            **self._selectors,
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version or "",
            "timeoutSeconds": str(WATCH_S),
        }
        async with self._api.lines(self._path, parameters) as lines:
            self._found()
            async for line in lines:
                self._take(self._events.decode(line))

    def _take(self, event: _Event) -> None:
        if event.type == "ERROR":
            said = msgspec.json.decode(event.object, type=_Status)
            raise ApiError(said.code, said.reason, said.message)
        metadata = self._metadata.decode(event.object).metadata
        if event.type == "DELETED":
            self._remove(key_of(metadata))
        elif event.type != "BOOKMARK":
            self._put(key_of(metadata), event.object)
        self._version = metadata.resource_version

    def _put(self, key: str, raw: msgspec.Raw) -> str:
        try:
            kept = self._keep(self._decoder.decode(raw))
        except msgspec.ValidationError as error:
            self.unreadable += 1
            log.error("object_unreadable", kind=self.kind.name, object=key, why=str(error))
            return key  # what is known of it stays
        if kept is None:
            self._remove(key)
            return key
        before = self.view.get(key)
        self.view[key] = kept
        if self._changed is not None and before != kept:
            self._changed(key, before, kept)
        return key

    def _remove(self, key: str) -> None:
        before = self.view.pop(key, None)
        if self._changed is not None and before is not None:
            self._changed(key, before, None)

    def _found(self) -> None:
        if self.problem is not None:
            log.info("watching_again", kind=self.kind.name, after_s=round(self.age_s(), 1))
        self.problem = None
        self._contact_s = time.monotonic()
        self.synced.set()

    def _lost(self, error: ApiError) -> None:
        if self.problem is None:
            self._contact_s = time.monotonic()
            log.warning("watch_broken", kind=self.kind.name, why=str(error))
        self.breaks += 1
        self.problem = str(error)


def key_of(metadata: Metadata) -> str:
    return f"{metadata.namespace}/{metadata.name}" if metadata.namespace else metadata.name


def pause_s(failures: int) -> float:
    """Before the next attempt: doubled each time up to half a minute, with jitter: agents shall not come at once."""
    return float(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(failures - 1, 20)) * (0.5 + random()))
