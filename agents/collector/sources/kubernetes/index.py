"""Which pods are whose, what each workload is called, and which slot it is in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from agents.collector.sources.kubernetes.kept import KeptPod
from agents.collector.sources.kubernetes.owners import BETWEEN, KeptOwner, top_owner
from engine.identity import roster_name, slot_of


class Workload(NamedTuple):
    namespace: str
    kind: str
    name: str


class Index:
    """`owners`: by kind, then namespace/name; a live view. `dirty`: workloads whose rows are to be made anew."""

    def __init__(self, slots: int, owners: Mapping[str, Mapping[str, KeptOwner]]) -> None:
        self.dirty: set[Workload] = set()
        self._owners, self._slots = owners, slots
        self._of_pod: dict[str, Workload] = {}
        self._pods: dict[Workload, set[str]] = {}
        self._kinds: dict[tuple[str, str], dict[str, int]] = {}
        """By namespace and name: how many objects speak for each kind that has this name."""
        self._owned: dict[tuple[str, str, str], set[str]] = {}
        """Pods by namespace, kind and name of their direct owner: what its appearance can change."""

    def pod(self, key: str, before: KeptPod | None, after: KeptPod | None) -> None:
        """A pod has come, changed or gone."""
        old, new = _owner_key(before), _owner_key(after)
        if old is not None and old != new:
            self._owned[old].discard(key)
            if not self._owned[old]:
                del self._owned[old]
        if new is not None:
            self._owned.setdefault(new, set()).add(key)
        self._assign(key, after)

    def owner(self, kind: str, key: str, pods: Mapping[str, KeptPod]) -> None:
        """An owner has come, changed or gone: its pods may be another's now, and their policy another."""
        namespace, _, name = key.partition("/")
        for pod in list(self._owned.get((namespace, kind, name), ())):
            if pod in pods:
                self._assign(pod, pods[pod])
        self.touch(Workload(namespace, kind, name))

    def claim(self, kind: str, key: str, by: int) -> None:
        """An object of this kind and name is there (1), or no longer (-1)."""
        namespace, _, name = key.partition("/")
        kinds = self._kinds.setdefault((namespace, name), {})
        before = sorted(kinds)
        kinds[kind] = kinds.get(kind, 0) + by
        if kinds[kind] <= 0:
            del kinds[kind]
        if len(kinds) + len(before) > 2 and sorted(kinds) != before:  # some are called something else now
            self.dirty.update(w for k in {*before, *kinds} if (w := Workload(namespace, k, name)) in self._pods)
        if not kinds:
            del self._kinds[namespace, name]

    def touch(self, workload: Workload) -> None:
        if workload in self._pods:
            self.dirty.add(workload)

    def touch_namespace(self, namespace: str) -> None:
        self.dirty.update(workload for workload in self._pods if workload.namespace == namespace)

    def touch_all(self) -> None:
        self.dirty.update(self._pods)

    def workload_of(self, pod: str) -> Workload | None:
        return self._of_pod.get(pod)

    def pods_of(self, workload: Workload) -> Iterator[str]:
        return iter(sorted(self._pods.get(workload, ())))

    def name_of(self, workload: Workload) -> str:
        """Its name in rosters."""
        kinds = self._kinds.get((workload.namespace, workload.name), {workload.kind: 1})
        return roster_name(workload.name, workload.kind, kinds)

    def slot_of(self, workload: Workload) -> int:
        return slot_of(workload.namespace, self.name_of(workload), self._slots)

    def _assign(self, key: str, pod: KeptPod | None) -> None:
        known = self._of_pod.get(key)
        owner = None if pod is None else top_owner(pod, self._owners)
        now = None if pod is None or owner is None else Workload(pod.namespace, owner.kind, owner.name)
        for workload in (known, now):
            if workload is not None:
                self.dirty.add(workload)
        if now == known:
            return
        if known is not None:
            self._leave(key, known)
        if now is not None:
            self._of_pod[key] = now
            if now not in self._pods:
                self._pods[now] = set()
                self.claim(now.kind, f"{now.namespace}/{now.name}", 1)
            self._pods[now].add(key)

    def _leave(self, key: str, workload: Workload) -> None:
        del self._of_pod[key]
        self._pods[workload].discard(key)
        if not self._pods[workload]:
            del self._pods[workload]
            self.claim(workload.kind, f"{workload.namespace}/{workload.name}", -1)


def _owner_key(pod: KeptPod | None) -> tuple[str, str, str] | None:
    return None if pod is None or pod.owner is None else (pod.namespace, pod.owner.kind, pod.owner.name)


def claims_names(kind: str, owner: KeptOwner | None) -> bool:
    """Whether an object of this kind is a workload of its own, in whose name no other may stand."""
    return owner is not None and (kind not in BETWEEN or owner.above is None)
