"""How people write single values (0.5%, 500m, 22:00), what those become in messages, and their JSON Schema."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from engine.errors import UserError
from engine.messages.policy import DAYS
from engine.quantity import parse_cpu, parse_memory
from engine.zones import zone_names, zone_of


class Form(NamedTuple):
    """`read` turns text into the message's value, and raises ValueError with a sentence."""

    read: Callable[[str], Any]
    schema: dict[str, Any]


def close_to(word: str, known: Iterable[str]) -> str:
    """A question that ends a problem's sentence, or nothing."""
    found = difflib.get_close_matches(word, list(known), n=1)
    return f", did you mean {found[0]}?" if found else ""


def share(text: str) -> float:
    """0.5%, 0.005 or 5e-3."""
    try:
        amount = float(Decimal(text.removesuffix("%")) / (100 if text.endswith("%") else 1))
    except (ArithmeticError, ValueError):
        raise ValueError(f"expected a share such as 0.5% or 0.005, got {text!r}") from None
    if not 0 < amount < 1:
        raise ValueError(f"expected a share above 0 and below 100%, got {text!r}")
    return amount


def days(text: str) -> list[str]:
    """mon-fri, or mon,wed,fri; ranges may go over the weekend."""
    found: list[str] = []
    for part in re.split(r"\s*,\s*", text.lower()):
        ends = part.split("-")
        if len(ends) > 2 or not {*ends} <= {*DAYS}:
            raise ValueError(f"expected days such as mon-fri or mon,wed, got {text!r}")
        first, last = (DAYS.index(end) for end in (ends[0], ends[-1]))
        found += [DAYS[(first + n) % 7] for n in range((last - first) % 7 + 1)]
    return [day for day in DAYS if day in found]


def clock(text: str) -> str:
    if re.fullmatch(r"([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00", text) is None:
        raise ValueError(f"expected a time of day such as 22:00, got {text!r}")
    return text.zfill(5)


def time_zone(text: str) -> str:
    if text not in zone_names():
        near = close_to(text, zone_names())
        raise ValueError(f"expected a time zone such as Europe/Berlin or UTC, got {text!r}{near}")
    return text


def moment(text: str) -> float:
    """2026-12-27, 2026-12-27 06:00 Europe/Berlin or 2026-12-27T06:00+01:00: seconds since 1970."""
    stamp, _, zone = text.rpartition(" ")
    if zone not in zone_names():
        stamp, zone = text, ""
    try:
        parsed = datetime.fromisoformat(stamp)
    except ValueError:
        example = "2026-12-27 or 2026-12-27 06:00 Europe/Berlin"
        raise ValueError(f"expected a moment such as {example}, got {text!r}") from None
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=zone_of(zone) if zone else UTC)
    elif zone:
        raise ValueError(f"expected an offset or a time zone, got both in {text!r}")
    return parsed.timestamp()


def family(text: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", text) is None:
        raise ValueError(f"expected an instance family such as m5, got {text!r}")
    return text


def scope(text: str) -> str:
    parts = text.split("/")
    if len(parts) > 3 or "" in parts or re.search(r"[\s\[\]]", text):
        expected = "namespace, namespace/workload or namespace/workload/container, with * and ?"
        raise ValueError(f"expected {expected}, got {text!r}")
    return text


def _quantity(parse: Callable[[str], float]) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            return parse(text)
        except UserError as error:
            raise ValueError(str(error)) from error

    return read


_TEXT: Final = {"type": "string"}
_NUMBER_OR_TEXT: Final = {"type": ["number", "string"]}
_SUFFIX: Final = "([numkMGTPE]|[KMGTPE]i)?"
_SHARE: Final = r"^([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?\s*%?$"
_AMOUNT: Final = _NUMBER_OR_TEXT | {"minimum": 0, "pattern": rf"^[0-9.]+([eE][+-]?[0-9]{{1,2}}|{_SUFFIX})$"}
FORMS: Final[dict[str, Form]] = {
    "share": Form(
        share,
        _NUMBER_OR_TEXT
        | {"exclusiveMinimum": 0, "exclusiveMaximum": 1, "pattern": _SHARE, "examples": ["0.5%"]},
    ),
    "cpu": Form(_quantity(parse_cpu), _AMOUNT | {"examples": ["500m", 2]}),
    "memory": Form(_quantity(parse_memory), _AMOUNT | {"examples": ["512Mi", "2Gi"]}),
    "days": Form(
        days,
        {
            "anyOf": [
                {"type": "array", "items": {"enum": list(DAYS)}, "minItems": 1},
                {"type": "string", "pattern": "^[a-zA-Z]{3}([-,][ ]*[a-zA-Z]{3})*$", "examples": ["mon-fri"]},
            ]
        },
    ),
    "clock": Form(clock, _TEXT | {"pattern": "^(([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)$", "examples": ["22:00"]}),
    "time_zone": Form(time_zone, _TEXT | {"examples": ["Europe/Berlin", "UTC"]}),
    "moment": Form(moment, _TEXT | {"examples": ["2026-12-27", "2026-12-27 06:00 Europe/Berlin"]}),
    "family": Form(family, _TEXT | {"pattern": "^[A-Za-z0-9][A-Za-z0-9_-]*$", "examples": ["m5"]}),
    "scope": Form(
        scope, _TEXT | {"pattern": r"^[^/\s\[\]]+(/[^/\s\[\]]+){0,2}$", "examples": ["web", "web/cart", "*/cart/app"]}
    ),
}
"""By the name that `messages.policy.written` gives to a type."""
