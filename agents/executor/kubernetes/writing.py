"""The writes to owners and pods. Each names the object's uid and the version that it is based on."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from agents.executor.guard import differences
from agents.executor.kubernetes.intent import MANAGER, Applied, read, text_of
from agents.executor.kubernetes.live import Live
from agents.executor.kubernetes.managed import applied_by, extract
from agents.executor.kubernetes.objects import Body, LivePod, Owner, is_sidecar
from agents.executor.kubernetes.reading import Reader
from agents.executor.kubernetes.requests import Requests
from agents.executor.targets import Changed, TargetError
from agents.kubernetes.connection import APPLY_PATCH, STRATEGIC_PATCH
from agents.kubernetes.errors import ApiError
from agents.kubernetes.resources import PODS
from agents.kubernetes.sizes import resources_of
from engine.messages import Size

ATTEMPTS: Final = 20
"""At one pod, each after a read: others write to pods too, their kubelets above all."""
Expected = Callable[[LivePod, Size], bool]
"""Whether a pod of this size is still as it was judged."""


class Writer:
    """Writes to one cluster. Raises TargetError with a code where a write cannot be; never writes blindly."""

    def __init__(self, requests: Requests, reader: Reader) -> None:
        self._requests = requests
        self._reader = reader

    async def intend(self, live: Live, intent: Applied) -> Owner:
        """Puts the intent on the owner, by server-side apply of what is ours. Raises Changed: it is not as it was read.

        Of a bare pod nothing: what is written to the pod itself is the intent.
        """
        if live.is_bare:
            return live.owner
        return await self.apply_owner(live.owner, ours_with(live.owner, live.key, intent))

    async def apply_owner(self, owner: Owner, body: Body, force: bool = False, patch: bool = False) -> Owner:
        """Server-side apply of all that we want of the owner; a strategic `patch` where something is taken off.

        Raises Changed, TargetError `drifted_by_others`.
        """
        try:
            if patch:
                content = await self._requests.patch(owner.path, body, STRATEGIC_PATCH)
            else:
                content = await self._requests.patch(owner.path, body, APPLY_PATCH, force=str(force).lower())
        except ApiError as error:
            if error.missing:
                raise Changed(f"{owner.path} is gone") from error
            if error.conflict and error.message.startswith("Apply failed"):  # with the fields of another manager
                if not force and set(re.findall(r'with "([^"]+)"', error.message)) == {MANAGER}:
                    return await self.apply_owner(owner, body, force=True)  # our own patch from before
                raise TargetError(error.message, "drifted_by_others") from error
            if error.conflict:
                raise Changed(str(error)) from error
            raise TargetError(str(error), "refused_by_server") from error
        return Owner.decode(owner.kind, content)

    async def resize(self, pod: LivePod, live: Live, intent: Applied, expected: Expected) -> LivePod | None:
        """Annotates the pod, then resizes it; as it then is. None where it is gone, or another has its name.

        After a conflict it is read and judged again: what is there already is not written twice.
        """
        found: LivePod | None = pod
        for _ in range(ATTEMPTS):
            if found is None or found.metadata.uid != pod.metadata.uid or not found.running:
                return None
            size = found.size(live.container)
            if size is None:
                return None
            try:
                done = not differences(size, intent.size)
                if not done and not expected(found, size):
                    text = f"pod {pod.metadata.name}: {'; '.join(differences(size, intent.size))}"
                    raise TargetError(f"someone else set {text}", "drifted_by_others")
                if not _says(live.applied_to(found), intent):
                    found = await self._annotate(found, live, intent)
                return found if done else await self._set(found, live.container, intent.size)
            except ApiError as error:
                if not (error.conflict or error.missing):
                    raise _refused(error, pod) from error
            found = await self._reader.pod(pod.metadata.namespace, pod.metadata.name)
        raise TargetError(f"pod {pod.metadata.name} changed {ATTEMPTS} times while it was written", "contended")

    async def _annotate(self, pod: LivePod, live: Live, intent: Applied) -> LivePod:
        mine = msgspec.structs.replace(intent, before=self._before(pod, live, intent), over=None)
        body = {"metadata": {**_same(pod), "annotations": {live.pod_key: text_of(mine)}}}
        path = PODS.path(pod.metadata.namespace, pod.metadata.name)
        return msgspec.json.decode(await self._requests.patch(path, body), type=LivePod)

    def _before(self, pod: LivePod, live: Live, intent: Applied) -> Size | None:
        """The size to go back to: that from before the command, also when this is the way back."""
        last = read(pod.metadata.annotations, live.pod_key)
        if last is not None and last.command == intent.command:
            return last.before
        return pod.size(live.container)

    async def _set(self, pod: LivePod, container: str, size: Size) -> LivePod:
        kind = "initContainers" if is_sidecar(pod.spec, container) else "containers"
        resources = {name: amounts for name, amounts in resources_of(size).items() if amounts}
        body = {"metadata": _same(pod), "spec": {kind: [{"name": container, "resources": resources}]}}
        path = PODS.path(pod.metadata.namespace, pod.metadata.name, "resize")
        return msgspec.json.decode(await self._requests.patch(path, body, STRATEGIC_PATCH), type=LivePod)


def ours_with(owner: Owner, key: str, intent: Applied) -> Body:
    """All that is ours of the owner, with the annotation `key` set: what an apply leaves out it would take away."""
    fields = applied_by(owner.metadata.managed_fields, MANAGER)
    ours: dict[str, Any] = extract(fields, owner.body) if fields else {}
    metadata = owner.metadata
    annotations = {**ours.get("metadata", {}).get("annotations", {}), key: text_of(intent)}
    identity = {"name": metadata.name, "namespace": metadata.namespace, "uid": metadata.uid}
    return {
        **ours,
        "apiVersion": owner.api_version,
        "kind": owner.kind,
        "metadata": {**identity, "resourceVersion": metadata.resource_version, "annotations": annotations},
    }


def _same(pod: LivePod) -> Body:
    """That it is the pod that was judged, as it was judged."""
    return {"uid": pod.metadata.uid, "resourceVersion": pod.metadata.resource_version}


def _says(said: Applied | None, intent: Applied) -> bool:
    return said is not None and (said.command, said.back) == (intent.command, intent.back)


def _refused(error: ApiError, pod: LivePod) -> TargetError:
    """422 and 403 are answers: of validation, of admission, of a quota."""
    return TargetError(f"pod {pod.metadata.name}: {error}", "refused_by_server")
