"""What the engine's state says of people's terms: the policy, stages and freezes. Pure; the arrays are not read."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from engine.core.layout import header_of
from engine.core.policy import OF_STAGE, Layer, scopes_around, specificity
from engine.errors import StateError, UserError
from engine.identity import KILL_SWITCH
from engine.messages import Policy, SetPolicy, Stage


@dataclass(frozen=True, slots=True)
class Terms:
    """Of one slot, at the event `applied`: `freezes` and `stages` (those of controls) by scope."""

    applied: int = -1
    policy: SetPolicy = field(default_factory=SetPolicy)
    stages: dict[str, Stage] = field(default_factory=dict)
    freezes: dict[str, bool] = field(default_factory=dict)


def take_row(row: bytes, known: Terms | None) -> Terms:
    """Of a row of state and what was `known` before, the one that has applied more. Raises UserError.

    Kafka's order is not enough: a worker that was frozen may write an old row behind its successor's newer one.
    """
    try:
        _, header, _ = header_of(row)
        found = msgspec.convert(header["slot"], Terms)
    except (StateError, struct.error, zlib.error, ValueError, KeyError, msgspec.MsgspecError) as error:
        raise UserError(f"the engine's state cannot be read: {error}") from error
    return found if known is None or found.applied >= known.applied else known


def freezes_of(container: str, terms: Terms) -> list[str]:
    """Scopes of the freezes that hold a container (full identity), the widest first."""
    scopes = [KILL_SWITCH, *reversed(list(scopes_around(container)))]
    return [scope for scope in scopes if terms.freezes.get(scope)]


def said_of(terms: Iterable[Terms]) -> Iterator[tuple[str, Layer]]:
    """Scope and layer of all that the slots were told: defaults, rules, stages of controls; the widest first.

    A rule that names a workload is told to that workload's slot alone.
    """
    found: dict[tuple[str, str], Layer] = {}
    for one in terms:
        found["", "policy"] = Layer("policy", one.policy.defaults)
        for rule in one.policy.rules:
            found[rule.scope, "policy"] = Layer("policy", rule.policy)
        for scope, stage in one.stages.items():
            found[scope, "control"] = Layer("control", OF_STAGE[stage])
    for scope, origin in sorted(found, key=lambda key: (specificity(key[0]) if key[0] else (0,), key[1])):
        if found[scope, origin].policy != Policy():
            yield scope, found[scope, origin]


def namespace_of(scope: str) -> str:
    """Empty for what may hold several: the whole cluster, the kill switch, patterns."""
    namespace = scope.partition("/")[0]
    return "" if set(namespace) & set("*?") else namespace


def scope_text(scope: str) -> str:
    """As people read it."""
    return {KILL_SWITCH: "kill switch", "": "whole cluster"}.get(scope, scope)
