"""Owners of pods, as far as names, policies and versions of templates go."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from agents.collector.sources.kubernetes.kept import Annotations, KeptPod, Owner, controller_of, ours
from agents.kubernetes.workloads import Workload

BETWEEN: Final = ("ReplicaSet", "Job")
"""Kinds that usually have an owner themselves."""
NOT_THE_VERSION: Final = ("kubectl.kubernetes.io/restartedAt", "trimtab.io/", "applied.trimtab.io/")
_PLACES: Final = ("affinity", "nodeSelector", "tolerations", "topologySpreadConstraints", "nodeName")


class KeptOwner(Struct, frozen=True):
    """`above`: its own owner. `template`: hash of what runs; empty where the template is not read, as of a CronJob."""

    above: Owner | None
    annotations: Annotations
    template: str


def keep_owner(workload: Workload) -> KeptOwner:
    above = controller_of(workload.metadata)
    told_above = above is not None and above.kind == "Deployment"  # which has more ReplicaSets than pods, often
    template = "" if told_above else template_hash(workload.spec.template)
    return KeptOwner(above, ours(workload.metadata.annotations), template)


def template_hash(template: Raw) -> str:
    """Of what a pod runs: not of its sizes, nor where it runs, both of which are ours to change, nor of a restart.

    Labels are left out too: those of Jobs are others with each run.
    """
    read: dict[str, Any] = msgspec.json.decode(template)
    spec = read.get("spec") or {}
    if not spec:
        return ""
    annotations = (read.get("metadata") or {}).get("annotations") or {}
    what = {name: value for name, value in spec.items() if name not in _PLACES}
    for group in ("containers", "initContainers"):
        what[group] = [_without_sizes(container) for container in spec.get(group) or []]
    said = {key: text for key, text in annotations.items() if not key.startswith(NOT_THE_VERSION)}
    content = msgspec.json.encode([what, said], order="deterministic")
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def _without_sizes(container: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in container.items() if name not in ("resources", "resizePolicy")}


def top_owner(pod: KeptPod, owners: Mapping[str, Mapping[str, KeptOwner]]) -> Owner:
    """Of `owners` by kind, then namespace/name. A pod that has none is its own; one that is not known ends the way."""
    if pod.owner is None:
        return Owner("Pod", pod.name)
    owner = pod.owner
    while (known := owners.get(owner.kind, {}).get(f"{pod.namespace}/{owner.name}")) is not None:
        if known.above is None:
            return owner
        owner = known.above
    suffix = f"-{pod.template}"
    if owner.kind == "ReplicaSet" and pod.template and owner.name.endswith(suffix):
        return Owner("Deployment", owner.name.removesuffix(suffix))  # its watch may be a little behind that of pods
    return owner
