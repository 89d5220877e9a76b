"""The policy file as a value: what one YAML document says, and on which line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

from engine.messages import Policy, PolicyRule, SetPolicy
from engine.messages.common import ClusterName
from engine.policy.namespace_budget import NamespaceBudget


class PolicyFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The user's terms for a cluster: defaults, rules by scope (the most specific wins, field by field), budgets."""

    version: Literal[1]
    cluster: ClusterName | None = None
    defaults: Policy = Policy()
    rules: list[PolicyRule] = []
    budgets: list[NamespaceBudget] = []

    def as_control(self) -> SetPolicy:
        """What is sent to the engine."""
        return SetPolicy(defaults=self.defaults, rules=self.rules)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong at a place of a text; lines and columns count from 1. `path` is such as `rules[2].scope`."""

    line: int
    column: int
    text: str
    path: str = ""

    def told(self, name: str) -> str:
        """One line, as compilers write it."""
        return f"{name}:{self.line}:{self.column}: {self.text}" + (f" - at {self.path}" if self.path else "")


@dataclass(frozen=True, slots=True)
class Found:
    """What was read: the file, None when it has problems; `lines` has the line of each path that it sets."""

    file: PolicyFile | None
    problems: list[Problem]
    lines: Mapping[str, int]
