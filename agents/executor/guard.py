"""Whether a command may be applied: pure. The rules stand in the order in which they act; the first to act wins.

A refusal is an answer, not a failure: the engine reads it in the outcome and decides again from what it then knows.
A repeat of a command is not refused but passed over (see `agents.executor.executor`): it has its answer already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isfinite
from typing import Final, Literal, NamedTuple

from engine.identity import KILL_SWITCH, workload_names
from engine.messages import Command, Size
from engine.units import LARGEST, RESOURCES, STEP

Code = Literal[
    "other_cluster",
    "expired",
    "frozen",
    "unknown_container",
    "out_of_bounds",
    "unchanged",
    "drifted",
]
MEANING: Final[dict[Code, str]] = {
    "other_cluster": "The command is for another cluster than this executor's.",
    "expired": "The command came later than the time until which it was valid.",
    "frozen": "Someone has frozen the container, its workload, its namespace or the cluster.",
    "unknown_container": "The cluster runs no such container.",
    "out_of_bounds": "The target is no possible size, or lies outside of the bounds that the command states.",
    "unchanged": "The container has the target's size already.",
    "drifted": "The container's size is no longer the one that the decision was made for.",
}


class Facts(NamedTuple):
    """What the executor knows at the moment of acting. `current` is None where no such container runs."""

    cluster: str
    now_s: float
    frozen_scopes: frozenset[str]
    current: Size | None


class Refusal(NamedTuple):
    """`code`: a `Code`, or one of the target's own."""

    code: str
    detail: str
    """Expected and got, for people."""


Rule = Callable[[Command, Facts], str | None]
"""Returns None to let the command pass, else the detail of its refusal."""


def judge(command: Command, facts: Facts) -> Refusal | None:
    """The first refusal in the order of `RULES`; None when the command may be applied."""
    for code, rule in RULES:
        detail = rule(command, facts)
        if detail is not None:
            return Refusal(code, detail)
    return None


def differences(one: Size, other: Size) -> list[str]:
    """Fields that differ by a step (1 millicore, 1 MiB) or more, or that only one of the sizes sets.

    Sizes are decided in whole steps, so a smaller difference is rounding on the way through a cluster's API, and a
    real change is never smaller. The millionth part keeps 0.101 - 0.100 a whole step in binary.
    """
    return [f"{name} {_text(a)} and {_text(b)}" for name, step, a, b in _pairs(one, other) if _differ(a, b, step)]


def _other_cluster(command: Command, facts: Facts) -> str | None:
    named = {command.cluster, command.container.partition("/")[0]} - {facts.cluster}
    return f"expected {facts.cluster}, got {min(named)}" if named else None


def _expired(command: Command, facts: Facts) -> str | None:
    late_s = facts.now_s - command.valid_until_s
    return f"{late_s:.3f} s after its end" if late_s > 0 else None


def _frozen(command: Command, facts: Facts) -> str | None:
    scope = next((scope for scope in scopes_of(command.container) if scope in facts.frozen_scopes), None)
    return None if scope is None else f"frozen: {scope_text(scope)}"


def _unknown(command: Command, facts: Facts) -> str | None:
    return command.container if facts.current is None else None


def _out_of_bounds(command: Command, _: Facts) -> str | None:
    return next(_violations(command.target, command.floor, command.ceiling), None)


def _unchanged(command: Command, facts: Facts) -> str | None:
    assert facts.current is not None
    return None if command.move_to or differences(facts.current, command.target) else "nothing to change"


def _drifted(command: Command, facts: Facts) -> str | None:
    """A changed size voids the reason for an ordinary resize: the next bucket decides again.

    An urgent raise or a rollback protects a container that suffers now, and is right whatever it replaces as long as
    it lowers nothing that someone has raised meanwhile.
    """
    assert facts.current is not None
    found = differences(command.expected, facts.current)
    if not found or (command.action in ("urgent_up", "rollback") and not _lowers(facts.current, command.target)):
        return None
    return f"expected and found: {'; '.join(found)}"


RULES: Final[tuple[tuple[Code, Rule], ...]] = (
    ("other_cluster", _other_cluster),  # what is not ours we do not look up
    ("expired", _expired),  # stale input never moves a live container
    ("frozen", _frozen),  # a person's word stands above the engine's
    ("unknown_container", _unknown),
    ("out_of_bounds", _out_of_bounds),  # the last line of defence against a wrong engine
    ("unchanged", _unchanged),  # before drift: someone else has done it
    ("drifted", _drifted),
)


def scope_text(scope: str) -> str:
    """A freeze's scope, for people."""
    return {KILL_SWITCH: "the kill switch is on", "": "the whole cluster"}.get(scope, scope)


def scopes_of(container: str) -> list[str]:
    """Scopes that cover a container, widest first: kill switch, the cluster (``), namespace, workload, container.

    What is frozen of a DaemonSet is so on all its node types.
    """
    namespace, workload, name = container.split("/")[1:]
    workloads = [f"{namespace}/{each}" for each in reversed(workload_names(workload))]
    return [KILL_SWITCH, "", namespace, *workloads, *(f"{each}/{name}" for each in workloads)]


def _violations(target: Size, floor: Size, ceiling: Size) -> Iterator[str]:
    for resource, largest in zip(RESOURCES, LARGEST, strict=True):
        request, limit = (getattr(target, f"{resource}_{kind}") for kind in ("request", "limit"))
        for kind, amount in (("request", request), ("limit", limit)):
            if amount is not None:
                yield from _outside(f"{resource}_{kind}", amount, floor, ceiling, largest)
        if request is not None and limit is not None and limit < request:
            yield f"{resource}_limit {_text(limit)} is below the request {_text(request)}"


def _outside(name: str, amount: float, floor: Size, ceiling: Size, largest: float) -> Iterator[str]:
    low, high = getattr(floor, name), getattr(ceiling, name)
    if not isfinite(amount) or not 0 < amount <= largest:
        yield f"{name} expected above 0 and up to {_text(largest)}, got {_text(amount)}"
    if low is not None and amount < low:
        yield f"{name} expected at least {_text(low)}, got {_text(amount)}"
    if high is not None and amount > high:
        yield f"{name} expected at most {_text(high)}, got {_text(amount)}"


def _lowers(current: Size, target: Size) -> bool:
    """Whether any amount falls. No limit is the highest limit; no request is the lowest request."""
    return any(
        _differ(a, b, step) and _height(name, b) < _height(name, a) for name, step, a, b in _pairs(current, target)
    )


def _height(name: str, amount: float | None) -> float:
    if amount is None:
        return float("inf") if name.endswith("_limit") else 0.0
    return amount


def _pairs(one: Size, other: Size) -> list[tuple[str, float, float | None, float | None]]:
    return [
        (name, step, getattr(one, name), getattr(other, name))
        for resource, step in zip(RESOURCES, STEP, strict=True)
        for name in (f"{resource}_request", f"{resource}_limit")
    ]


def _differ(one: float | None, other: float | None, step: float) -> bool:
    if one is None or other is None:
        return one is not other
    return not abs(one - other) < step * (1 - 1e-6)


def _text(amount: float | None) -> str:
    return "not set" if amount is None else f"{amount:g}"
