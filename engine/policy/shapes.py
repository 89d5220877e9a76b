"""Parts of a policy that people may write shorter than messages have them: bounds, risk, windows, CPU limits."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Final, NamedTuple

from msgspec import Meta, Struct, convert

from engine.messages import CpuLimit, Risk, Size, Window
from engine.policy.forms import FORMS, clock, days, share, time_zone
from engine.policy.namespace_budget import Bytes, Cores

PLAIN_LIMITS: Final = ("keep", "none", "forecast")


class Amounts(Struct, frozen=True):
    """Requests, as Kubernetes writes them."""

    cpu: Cores | None = None
    memory: Bytes | None = None


class Ratio(Struct, frozen=True):
    """A CPU limit of so many times the request."""

    ratio: Annotated[float, Meta(ge=1.0, le=1000.0)]


class Shape(NamedTuple):
    """A part is written as a mapping, that of the struct `keys`, from which `made` has the message's value.

    Or as text that `read` understands (it raises ValueError), for which `text` is the JSON Schema.
    """

    keys: type[Struct]
    made: Callable[[Any], Any]
    read: Callable[[str], Any] | None = None
    text: dict[str, Any] | None = None


def _same(value: Any) -> Any:
    return value


def window(text: str) -> Window:
    """mon-fri 22:00-06:00 Europe/Berlin; without days it is daily."""
    found = re.fullmatch(r"(?:([A-Za-z]\S*(?:,\s+\S+)*)\s+)?([\d:]+)\s*-\s*([\d:]+)(?:\s+(\S+))?", text)
    if found is None:
        raise ValueError(f'expected a window such as "mon-fri 22:00-06:00 Europe/Berlin", got {text!r}')
    if found[4] is None:
        raise ValueError(f"expected a time zone such as Europe/Berlin or UTC at the end, got {text!r}")
    parts: dict[str, Any] = {"from": clock(found[2]), "to": clock(found[3]), "time_zone": time_zone(found[4])}
    return convert(parts | ({"days": days(found[1])} if found[1] else {}), Window)


def risk(text: str) -> Risk:
    """One share for both resources."""
    both = share(text)
    return Risk(both, both)


def cpu_limit(text: str) -> CpuLimit:
    if text in PLAIN_LIMITS:
        return convert({"kind": text}, CpuLimit)
    raise ValueError(f"expected keep, none, forecast or {{ratio: 2}}, got {text!r}")


SHAPES: Final[dict[Any, Shape]] = {
    Size: Shape(Amounts, lambda amounts: Size(cpu_request=amounts.cpu, memory_request=amounts.memory)),
    Risk: Shape(Risk, _same, risk, FORMS["share"].schema),
    Window: Shape(Window, _same, window, {"type": "string", "examples": ["mon-fri 22:00-06:00 Europe/Berlin"]}),
    CpuLimit: Shape(Ratio, lambda ratio: CpuLimit("ratio", ratio.ratio), cpu_limit, {"enum": list(PLAIN_LIMITS)}),
}
