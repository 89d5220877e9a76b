"""What the engine's state says of people's terms: the policy, stages and freezes. Pure; the arrays are not read."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

import msgspec

from engine.core.layout import header_of
from engine.core.policy import scopes_around
from engine.errors import StateError, UserError
from engine.identity import KILL_SWITCH
from engine.messages import SetPolicy, Stage


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


def scope_text(scope: str) -> str:
    """As people read it."""
    return {KILL_SWITCH: "kill switch", "": "whole cluster"}.get(scope, scope)
