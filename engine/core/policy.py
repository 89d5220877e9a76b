"""What the user's terms are for a container: which rule holds for each field, and whether it is frozen.

Scopes are paths below the cluster: `` (all), `namespace`, `namespace/workload`, `namespace/workload/container`. From
the widest to the most specific, of which the last that states a field wins:

    the policy's defaults, `trimtab control autopilot` for the cluster
    rules for namespaces, autopilot for the namespace, the workload's own annotations
    rules for workloads, autopilot for the workload
    rules for containers, autopilot for the container

Among rules of one depth that match, a part without * and ? is more specific than one with, the left part first; then
more letters; then the scope that is later in the alphabet. The order of rules in a file does not matter. A freeze of
any scope around the container holds, and so does the kill switch. A DaemonSet's row of one node type,
`namespace/name@type`, is held by the scopes of the DaemonSet, and then by those of that type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from engine.identity import KILL_SWITCH, workload_names
from engine.messages import Policy, Restart, Risk, SetPolicy, Size, Stage

MERGED: Final = (Policy, Size, Risk, Restart)
"""A narrower scope replaces single fields of these; anything else it replaces whole."""


class Layer(NamedTuple):
    """What one scope says. `origin` is `defaults`, a scope of the policy, `annotation` or `control <scope>`."""

    origin: str
    policy: Policy


@dataclass(frozen=True, slots=True)
class Rules:
    """A policy's rules, made ready to be matched: those without * and ? by scope, the others in the order to apply."""

    defaults: Policy
    exact: Mapping[str, Policy]
    globs: tuple[tuple[tuple[str, ...], Layer], ...]

    @classmethod
    def of(cls, policy: SetPolicy) -> Rules:
        patterns = sorted((rule for rule in policy.rules if _is_glob(rule.scope)), key=lambda r: specificity(r.scope))
        return cls(
            defaults=policy.defaults,
            exact={rule.scope: rule.policy for rule in policy.rules if not _is_glob(rule.scope)},
            globs=tuple((tuple(rule.scope.split("/")), Layer(rule.scope, rule.policy)) for rule in patterns),
        )


def _is_glob(text: str) -> bool:
    return "*" in text or "?" in text


def specificity(scope: str) -> tuple[Any, ...]:
    """Sorts scopes, the most specific last."""
    parts = scope.split("/")
    return len(parts), [(not _is_glob(part), sum(c not in "*?" for c in part)) for part in parts], scope


def scopes_around(container: str) -> Iterator[str]:
    """Scopes that hold a container (full identity), from the most specific to the whole cluster."""
    namespace, workload, name = container.split("/")[1:]
    names = workload_names(workload)
    yield from (f"{namespace}/{each}/{name}" for each in names)
    yield from (f"{namespace}/{each}" for each in names)
    yield from (namespace, "")


def layers(
    container: str, rules: Rules, stages: Mapping[str, Stage], annotation: Policy | None = None
) -> Iterator[Layer]:
    """What is said for a container (full identity), the most specific last. `stages` are those of controls."""
    yield Layer("defaults", rules.defaults)
    matched: list[str] = []
    for scope in reversed(list(scopes_around(container))):
        parts = scope.split("/") if scope else []
        for pattern, layer in rules.globs:
            if len(pattern) == len(parts) and layer.origin not in matched and all(map(fnmatchcase, parts, pattern)):
                matched.append(layer.origin)  # once, for a DaemonSet with or without its node type
                yield layer
        if scope in rules.exact:
            yield Layer(scope, rules.exact[scope])
        if scope in stages:
            yield Layer(f"control {scope}".rstrip(), OF_STAGE[stages[scope]])
        if len(parts) == 1 and annotation is not None:
            yield Layer("annotation", annotation)


OF_STAGE: Final[dict[Stage, Policy]] = {
    "observe": Policy(autopilot="observe"),
    "recommend": Policy(autopilot="recommend"),
    "up_only": Policy(autopilot="up_only"),
    "full": Policy(autopilot="full"),
}


def overlaid(below: Any, above: Any) -> Any:
    """`above` (a struct of MERGED) with `below` where it says nothing."""
    changes = {}
    for name in above.__struct_fields__:
        low, high = getattr(below, name), getattr(above, name)
        if isinstance(low, MERGED) and isinstance(high, MERGED):
            changes[name] = overlaid(low, high)
        elif high is None:
            changes[name] = low
    return replace(above, **changes)


def is_frozen(container: str, frozen: Mapping[str, bool]) -> bool:
    return frozen.get(KILL_SWITCH, False) or any(frozen.get(scope, False) for scope in scopes_around(container))
