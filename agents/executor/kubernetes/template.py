"""A size by the owner's template: its controller makes new pods, as it does for any rollout. Rolled back when they do
not become available in time.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any, Final

from msgspec.structs import replace

from agents.executor.guard import differences
from agents.executor.kubernetes.intent import Applied, text_of
from agents.executor.kubernetes.live import Live
from agents.executor.kubernetes.objects import Body, Owner, is_sidecar, template_steps
from agents.executor.kubernetes.reading import Reader
from agents.executor.kubernetes.writing import Writer, ours_with
from agents.executor.targets import Changed, TargetError
from agents.kubernetes.resources import CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, STATEFUL_SETS
from agents.kubernetes.sizes import resources_of
from engine.messages import Size
from engine.units import RESOURCES

KINDS: Final = (DEPLOYMENTS.name, STATEFUL_SETS.name, DAEMON_SETS.name, CRON_JOBS.name)
"""Owners whose pods follow their template. That of a Job cannot be changed; those of a ReplicaSet stay as they are."""
GLANCE_S: Final = 0.5
WAY: Final = "template"


class Rollouts:
    """`patience_s`: for a rollout; an owner's own progressDeadlineSeconds ends it earlier."""

    def __init__(self, reader: Reader, writer: Writer, patience_s: float) -> None:
        self._reader = reader
        self._writer = writer
        self._patience_s = patience_s

    async def begin(self, live: Live, intent: Applied) -> None:
        """Intent and template in one write. Raises Changed.

        An apply cannot take away what others have set, such as a limit: that is patched.
        """
        removed = taken_off(live.template_size, intent.size)
        body = with_resources(live.owner, live.key, intent, live.container, removed)
        await self._writer.apply_owner(live.owner, body, force=True, patch=bool(removed))

    async def end(self, live: Live, intent: Applied) -> Size:
        """Waits for the rollout. Raises TargetError `rollout_failed` when it is rolled back."""
        until_s = time.monotonic() + self._patience_s
        while True:
            now = await self._now(live)
            if now.intent is None or now.intent.command != intent.command:
                raise TargetError("another command or a person has taken over", "superseded")
            if self.theirs(now, intent):
                raise TargetError("someone else has set the template since, which stands", "drifted_by_others")
            state = rollout(now.owner)
            if state == "complete" and not any(differences(size, intent.size) for size in now.sizes):
                return intent.size
            if state == "failed" or time.monotonic() > until_s:
                await self.back(now, intent, self.failure(now))
            await asyncio.sleep(GLANCE_S)

    async def back(self, live: Live, intent: Applied, why: TargetError) -> None:
        """The template as it was before, and the wait for that. Raises `why`."""
        undone = self.undone(intent, why.code)
        now = live
        while now.intent is not None and now.intent.command == intent.command and not now.intent.back:
            if self.theirs(now, intent):
                raise why
            with suppress(Changed):
                await self.begin(now, undone)
            now = await self._now(live)
        until_s = time.monotonic() + self._patience_s
        while rollout(now.owner) != "complete" and time.monotonic() < until_s:
            await asyncio.sleep(GLANCE_S)
            now = await self._now(live)
        raise why

    def theirs(self, live: Live, intent: Applied) -> bool:
        """Whether the template is no longer what we made it."""
        size = live.template_size
        return size is None or bool(differences(size, intent.size))

    def failure(self, live: Live) -> TargetError:
        return TargetError(f"the rollout is not available: {_status(live.owner)}", "rollout_failed")

    def undone(self, intent: Applied, code: str) -> Applied:
        """The intent of the way back."""
        return replace(intent, back=code, size=intent.over or intent.before or intent.size)

    async def _now(self, live: Live) -> Live:
        now = await self._reader.again(live)
        if now is None:
            raise TargetError("the workload is gone, or another has its name", "gone")
        return now


def taken_off(before: Size | None, size: Size) -> list[tuple[str, str]]:
    """Amounts that `size` no longer states: such as limits and cpu."""
    names = [(kind, resource) for kind in ("limit", "request") for resource in RESOURCES]
    return [
        (f"{kind}s", resource)
        for kind, resource in names
        if getattr(before, f"{resource}_{kind}", None) is not None and getattr(size, f"{resource}_{kind}") is None
    ]


def with_resources(
    owner: Owner, key: str, intent: Applied, container: str, removed: list[tuple[str, str]] | None = None
) -> Body:
    """All that is ours of the owner, with its template at the intent's size. The new pods have the annotation too."""
    body = ours_with(owner, key, intent)
    inner: Any = body
    for step in template_steps(owner.kind):
        inner = inner.setdefault(step, {})
    kind = "initContainers" if is_sidecar(owner.template(), container) else "containers"
    containers = inner.setdefault("spec", {}).setdefault(kind, [])
    mine = next((each for each in containers if each["name"] == container), None)
    if mine is None:
        containers.append(mine := {"name": container})
    resources = resources_of(intent.size)
    for plural, resource in removed or ():
        resources[plural][resource] = None
    mine["resources"] = {name: amounts for name, amounts in resources.items() if amounts}
    said = text_of(replace(intent, before=None, over=None))
    inner.setdefault("metadata", {}).setdefault("annotations", {})[key] = said
    return body


def rollout(owner: Owner) -> str:
    """`complete`, `failed` or `under_way`, as `kubectl rollout status` tells it."""
    status, spec, metadata = owner.workload.status, owner.workload.spec, owner.metadata
    if owner.kind == CRON_JOBS.name:
        return "complete"  # the next run has it
    if status.observed_generation < metadata.generation:
        return "under_way"
    late = (each for each in status.conditions if each.type == "Progressing" and each.status == "False")
    if any(each.reason == "ProgressDeadlineExceeded" for each in late):
        return "failed"
    if owner.kind == DAEMON_SETS.name:
        wanted = status.desired_number_scheduled
        return _whole(wanted, status.updated_number_scheduled, status.number_available)
    wanted = 1 if spec.replicas is None else spec.replicas
    return _whole(wanted, status.updated_replicas, status.available_replicas, status.replicas)


def _whole(wanted: int, *counts: int) -> str:
    return "complete" if all(count == wanted for count in counts) else "under_way"


def _status(owner: Owner) -> str:
    status = owner.workload.status
    told = next((each.message for each in status.conditions if each.status == "False"), "")
    updated = max(status.updated_replicas, status.updated_number_scheduled)
    available = max(status.available_replicas, status.number_available)
    return f"{updated} updated, {available} available. {told}".strip()
