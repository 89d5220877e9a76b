"""What a namespace may request in all, and who answers for it: an entry of a policy file's `budgets`."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta, Struct

from engine.messages.common import Name
from engine.messages.policy import written
from engine.units import RESOURCES

Cores = Annotated[float, written("cpu", ge=0.0)]
Bytes = Annotated[float, written("memory", ge=0.0)]
CAPS: Final = (*RESOURCES, "monthly_usd")


class NamespaceBudget(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Caps on the sum of a namespace's requests, in cores, bytes and USD a month; absent is no cap."""

    namespace: Name
    owner: str = ""
    cpu: Annotated[float, written("cpu", gt=0.0)] | None = None
    memory: Annotated[float, written("memory", gt=0.0)] | None = None
    monthly_usd: Annotated[float, Meta(gt=0.0)] | None = None
