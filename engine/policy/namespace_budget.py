"""Budgets of namespaces, as a policy file has them: a cap and an owner each.

```yaml
budgets:
  - namespace: shop
    owner: anna@example.com
    cpu: 40            # cores that may be requested in all, also 500m
    memory: 160Gi      # also a number of bytes
    monthly_usd: 2500
```
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import yaml
from msgspec import Meta, Struct

from engine.errors import UserError
from engine.messages.common import Name
from engine.quantity import parse_amount
from engine.sheets import read_text
from engine.units import RESOURCES

Cap = Annotated[float, Meta(gt=0.0)]


class NamespaceBudget(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a namespace may request in all: CPU in cores, memory in bytes, money in USD a month; None is no cap."""

    namespace: Name
    owner: str = ""
    cpu: Cap | None = None
    memory: Cap | None = None
    monthly_usd: Cap | None = None


CAPS: Final = (*RESOURCES, "monthly_usd")


def read_budgets(path: Path) -> list[NamespaceBudget]:
    """The list `budgets` of a policy file; what else is in the file is not looked at. Raises UserError."""
    text = read_text(path)
    try:
        loaded = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark else ""
        raise UserError(f"{path}{where}: not YAML: {getattr(error, 'problem', None) or error}") from error
    if not isinstance(loaded, dict) or "budgets" not in loaded:
        raise UserError(f"{path}: expected a list `budgets`, got none")
    try:
        return parse_budgets(loaded["budgets"])
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def parse_budgets(items: Any) -> list[NamespaceBudget]:
    """Budgets from what YAML holds; amounts may be quantities of Kubernetes. Raises UserError with the path."""
    if not isinstance(items, list):
        raise UserError(f"budgets: expected a list, got {type(items).__name__}")
    found: dict[str, NamespaceBudget] = {}
    for number, item in enumerate(items):
        try:
            budget = _parsed(item)
        except UserError as error:
            raise UserError(f"budgets[{number}]{error}") from None
        if budget.namespace in found:
            raise UserError(f"budgets[{number}]: a second budget of namespace {budget.namespace}")
        found[budget.namespace] = budget
    return list(found.values())


def _parsed(item: Any) -> NamespaceBudget:
    amounts = {}
    for resource, name in enumerate(RESOURCES):
        if isinstance(item, dict) and isinstance(text := item.get(name), str):
            try:
                amounts[name] = parse_amount(text, resource)
            except UserError as error:
                raise UserError(f".{name}: {error}") from None
    try:
        budget = msgspec.convert({**item, **amounts} if amounts else item, NamespaceBudget)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$")
        raise UserError(f"{where.removesuffix('`')}: {what}") from None
    if all(getattr(budget, cap) is None for cap in CAPS):
        raise UserError(f": a budget of {budget.namespace} has no cap: give {', '.join(CAPS[:-1])} or {CAPS[-1]}")
    return budget
