"""Commands that a dead executor began and nobody finished, found in the cluster itself: no ledger is needed.

An executor on another machine has another ledger, and what it wrote late is in its own alone. But its intent stands on
the owner.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from agents.executor.kubernetes.facts import unfinished
from agents.executor.kubernetes.intent import PREFIX, Applied, read
from agents.executor.kubernetes.reading import Reader
from agents.executor.kubernetes.requests import Requests
from agents.executor.targets import Begun
from agents.kubernetes.pods import Metadata
from agents.kubernetes.resources import CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, JOBS, STATEFUL_SETS
from engine.identity import per_node_type

KINDS: Final = (CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, JOBS, STATEFUL_SETS)
LONGEST_S: Final = 2 * 3600.0
"""Older intents are done, or given up: what differs from them has come about since."""
AT: Final = ".at."


class _Object(msgspec.Struct):
    metadata: Metadata


class _Objects(msgspec.Struct):
    items: list[_Object] = []


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
        for kind in KINDS:
            content = await self._requests.get(kind.path())
            for each in msgspec.json.decode(content, type=_Objects).items:
                for key, intent in intents_of(each.metadata):
                    if older_than_s <= now_s - intent.at <= LONGEST_S:
                        found.append(Found(kind.name, each.metadata.namespace, each.metadata.name, key, intent))
        named = [await self._named(each, now_s) for each in found]
        return [each for each in named if each is not None]

    async def _named(self, found: Found, now_s: float) -> Begun | None:
        owner = await self._reader.owner(found.namespace, found.name)
        workload = found.name
        if owner is None or owner.kind != found.kind:
            workload = f"{found.name}.{found.kind.lower()}"
            owner = await self._reader.owner(found.namespace, workload)
        if owner is None:
            return None
        container, _, node_type = found.key.removeprefix(PREFIX).partition(AT)
        live = await self._reader.live(owner, container, node_type)
        if live is None or not unfinished(live, now_s, self._yield_s):
            return None
        name = per_node_type(workload, node_type) if node_type else workload
        return Begun(found.intent.command, found.namespace, name, container)


def intents_of(metadata: Metadata) -> list[tuple[str, Applied]]:
    keys = [key for key in metadata.annotations if key.startswith(PREFIX)]
    return [(key, intent) for key in keys if (intent := read(metadata.annotations, key)) is not None]
