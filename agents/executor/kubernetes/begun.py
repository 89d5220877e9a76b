"""Commands that a dead executor began and nobody finished, found in the cluster itself: no ledger is needed.

An executor on another machine has another ledger, and what it wrote late is in its own alone. But its intent stands on
the owner.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from agents.executor.kubernetes.intent import AT, OWNERS, Applied, read_all
from agents.executor.kubernetes.reading import Reader
from agents.executor.kubernetes.requests import Requests
from agents.executor.kubernetes.words import unfinished
from agents.executor.targets import Begun
from agents.kubernetes.resources import WithMetadata, items_of
from engine.identity import name_with_kind, per_node_type

LONGEST_S: Final = 2 * 3600.0
"""Older intents are done, or given up: what differs from them has come about since."""


class Found(NamedTuple):
    kind: str
    namespace: str
    name: str
    key: str
    intent: Applied


class Unfinished:
    """Asks a cluster. Methods raise ApiError, TargetError."""

    def __init__(self, requests: Requests, reader: Reader, yield_s: float) -> None:
        self._requests = requests
        self._reader = reader
        self._yield_s = yield_s

    async def find(self, now_s: float, older_than_s: float) -> list[Begun]:
        """Of the last hours, but not of the last `older_than_s`, which may be under way."""
        found = []
        for kind in OWNERS:
            content = await self._requests.get(kind.path())
            for each in items_of(content, WithMetadata):
                for key, intent in read_all(each.metadata.annotations).items():
                    if older_than_s <= now_s - intent.at <= LONGEST_S:
                        found.append(Found(kind.name, each.metadata.namespace, each.metadata.name, key, intent))
        named = [await self._named(each, now_s) for each in found]
        return [each for each in named if each is not None]

    async def _named(self, found: Found, now_s: float) -> Begun | None:
        owner = await self._reader.owner(found.namespace, found.name)
        workload = found.name
        if owner is None or owner.kind != found.kind:
            workload = name_with_kind(found.name, found.kind)
            owner = await self._reader.owner(found.namespace, workload)
        if owner is None:
            return None
        container, _, node_type = found.key.partition(AT)
        live = await self._reader.live(owner, container, node_type)
        if live is None or not unfinished(live, now_s, self._yield_s):
            return None
        name = per_node_type(workload, node_type) if node_type else workload
        return Begun(found.intent.command, found.namespace, name, container)
