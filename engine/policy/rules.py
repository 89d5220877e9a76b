"""What values of a policy must be to each other: checked when each of them is right by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from engine.messages import Policy, Size
from engine.policy.document import PolicyFile
from engine.policy.namespace_budget import CAPS
from engine.units import RESOURCES


class Conflict(NamedTuple):
    """Something wrong with what stands at `path`."""

    path: str
    text: str


def conflicts_of_policy(policy: Policy, path: str) -> Iterator[Conflict]:
    """`path` is that of the policy, empty where it stands alone."""
    prefix = f"{path}." if path else ""
    floor, ceiling = policy.floor or Size(), policy.ceiling or Size()
    for resource in RESOURCES:
        low, high = (getattr(size, f"{resource}_request") for size in (floor, ceiling))
        if low is not None and high is not None and low > high:
            yield Conflict(f"{prefix}floor.{resource}", f"the floor of {resource} is above its ceiling")
    restart = policy.restart
    begin, end = (restart.not_before, restart.not_after) if restart else (None, None)
    if begin is not None and end is not None and begin > end:
        yield Conflict(f"{prefix}restart.not_after", "not_after is earlier than not_before: nothing could restart")


def conflicts_of_file(file: PolicyFile) -> Iterator[Conflict]:
    yield from conflicts_of_policy(file.defaults, "defaults")
    for place, rule in enumerate(file.rules):
        yield from conflicts_of_policy(rule.policy, f"rules[{place}].policy")
    yield from _twice([rule.scope for rule in file.rules], "rules", "scope")
    yield from _twice([budget.namespace for budget in file.budgets], "budgets", "namespace")
    for place, budget in enumerate(file.budgets):
        if all(getattr(budget, cap) is None for cap in CAPS):
            yield Conflict(f"budgets[{place}]", f"a budget needs a cap: {', '.join(CAPS[:-1])} or {CAPS[-1]}")


def _twice(names: list[str], of: str, key: str) -> Iterator[Conflict]:
    for place, name in enumerate(names):
        if (first := names.index(name)) < place:
            yield Conflict(f"{of}[{place}].{key}", f"{name!r} is there twice, first at {of}[{first}]")
