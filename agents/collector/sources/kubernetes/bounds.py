"""What a namespace's LimitRanges and ResourceQuotas leave to a container, and what its scalers take from us."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Generic, TypeVar

import msgspec
from msgspec import Struct

from agents.kubernetes.bounds import Limits, Quota, Scaler
from agents.kubernetes.sizes import size_of
from engine.errors import UserError
from engine.messages import LimitRange, Size
from engine.messages.events import Resource
from engine.quantity import parse_amount
from engine.units import RESOURCES

K = TypeVar("K")
FIELDS: Final = Size.__struct_fields__
_OF_QUOTA: Final = {
    "cpu_request": ("requests.cpu", "cpu"),
    "memory_request": ("requests.memory", "memory"),
    "cpu_limit": ("limits.cpu",),
    "memory_limit": ("limits.memory",),
}
_JOBS: Final = ("Job", "CronJob")


class KeptQuota(Struct, frozen=True):
    scopes: tuple[str, ...]
    left: Size


class KeptScaler(Struct, frozen=True):
    """`metrics`: resource, and the container that is looked at, empty for all."""

    kind: str
    name: str
    metrics: tuple[tuple[str, str], ...]


def keep_limits(limits: Limits) -> LimitRange | None:
    """Of containers; limits of pods and claims are none of ours."""
    items = [item for item in limits.spec.limits if item.type == "Container"]
    return merged_limits([LimitRange(size_of(item.min, {}), size_of({}, item.max)) for item in items])


def merged_limits(ranges: Sequence[LimitRange]) -> LimitRange | None:
    """All hold: the highest of the lowest, the lowest of the highest."""
    if not ranges:
        return None
    found = LimitRange(_each([r.min for r in ranges], max), _each([_limits(r.max) for r in ranges], min))
    return found if found != LimitRange() else None


def _limits(size: Size) -> Size:
    """`size_of` has a request where there is a limit: a maximum is of limits."""
    return Size(cpu_limit=size.cpu_limit, memory_limit=size.memory_limit)


def keep_quota(quota: Quota) -> KeptQuota | None:
    hard = quota.status.hard or quota.spec.hard
    left = {}
    for number, resource in enumerate(RESOURCES):
        for kind in ("request", "limit"):
            names = _OF_QUOTA[f"{resource}_{kind}"]
            rests = [_left(hard[name], quota.status.used.get(name, "0"), number) for name in names if name in hard]
            if known := [rest for rest in rests if rest is not None]:
                left[f"{resource}_{kind}"] = min(known)
    if not left:
        return None
    selector = () if msgspec.json.decode(quota.spec.scope_selector) is None else ("Selected",)
    return KeptQuota((*quota.spec.scopes, *selector), Size(**left))


def quota_left(quotas: Iterable[KeptQuota], quality: str, kind: str) -> Size | None:
    """What all that count pods of this class of service, of this kind of workload, leave. None where none does."""
    sizes = [quota.left for quota in quotas if _applies(quota.scopes, quality, kind)]
    return _each(sizes, min) if sizes else None


def _applies(scopes: Sequence[str], quality: str, kind: str) -> bool:
    """All scopes must hold. Those by priority are not known here: such a quota is left to the API server."""
    holds = {
        "BestEffort": quality == "BestEffort",
        "NotBestEffort": quality != "BestEffort",
        "NotTerminating": kind not in _JOBS,
    }
    return all(holds.get(scope, False) for scope in scopes)


def keep_scaler(scaler: Scaler) -> KeptScaler:
    found = set()
    for metric in scaler.spec.metrics:
        if metric.type == "Resource" and metric.resource is not None:
            found.add((metric.resource.name, ""))
        if metric.type == "ContainerResource" and metric.container_resource is not None:
            found.add((metric.container_resource.name, metric.container_resource.container))
    target = scaler.spec.scale_target_ref
    return KeptScaler(target.kind, target.name, tuple(sorted(found)))


def scaled_by(scalers: Iterable[KeptScaler], container: str) -> list[Resource]:
    metrics = {resource for s in scalers for resource, of in s.metrics if of in ("", container)}
    known: tuple[Resource, Resource] = ("cpu", "memory")
    return [resource for resource in known if resource in metrics]


class InNamespaces(Generic[K]):
    """Objects of a live `view` by namespace: each workload asks for those of its own, and there may be thousands."""

    def __init__(self, view: Mapping[str, K]) -> None:
        self._view = view
        self._keys: defaultdict[str, set[str]] = defaultdict(set)

    def follow(self, key: str) -> str:
        """An object has come, changed or gone. Returns its namespace."""
        namespace = key.partition("/")[0]
        if key in self._view:
            self._keys[namespace].add(key)
        else:
            self._keys[namespace].discard(key)
        return namespace

    def of(self, namespace: str) -> list[K]:
        """In the order of their names."""
        return [self._view[key] for key in sorted(self._keys[namespace])]


def _each(sizes: Sequence[Size], of: Callable[[list[float]], float]) -> Size:
    """Field by field, of the sizes that have it."""
    amounts = {field: [a for size in sizes if (a := getattr(size, field)) is not None] for field in FIELDS}
    return Size(**{field: of(found) for field, found in amounts.items() if found})


def _left(hard: str, used: str, resource: int) -> float | None:
    """None for a quantity that no machine can have: it bounds nothing."""
    try:
        return max(0.0, round(parse_amount(hard, resource) - parse_amount(used, resource), 9))
    except UserError:
        return None
