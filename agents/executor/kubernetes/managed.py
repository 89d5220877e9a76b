"""Who owns which field of an object, as server-side apply keeps it: pure.

https://kubernetes.io/docs/reference/using-api/server-side-apply/
An apply states everything that its manager wants: what it leaves out, it gives up. So each of ours begins with what we
own already (`extract`), as client-go's ExtractInto does it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from agents.executor.kubernetes.objects import Written

Fields = Mapping[str, Any]
"""A set of fields: `f:name` of a mapping, `k:{...}` an item of a list by its keys, `v:...` by its value, `.` itself."""


class Writer(NamedTuple):
    """Who wrote a field last, and when: seconds since 1970."""

    manager: str
    at: float


def applied_by(written: Iterable[Written], manager: str) -> Fields:
    """The fields that a manager owns by server-side apply."""
    entries = (each for each in written if each.operation == "Apply" and not each.subresource)
    return next((each.fields for each in entries if each.manager == manager), {})


def extract(fields: Fields, value: Any) -> Any:
    """The part of an object that a set of fields names.

    >>> extract({"f:a": {".": {}, "f:b": {}}}, {"a": {"b": 1, "c": 2}, "d": 3})
    {'a': {'b': 1}}
    """
    below = {key: inner for key, inner in fields.items() if key != "."}
    if not below and "." not in fields:
        return value
    if isinstance(value, dict):
        names = ((key[2:], inner) for key, inner in below.items() if key.startswith("f:"))
        return {name: extract(inner, value[name]) for name, inner in names if name in value}
    if isinstance(value, list):
        return [item for key, inner in below.items() for item in _items(key, inner, value)]
    return value


def writer_of(written: Iterable[Written], *path: str) -> Writer | None:
    """The last one to write the field at `path`, each step as in a set of fields; None where nobody owns it."""
    owners = [Writer(each.manager, seconds(each.time)) for each in written if _owns(each.fields, path)]
    return max(owners, key=lambda owner: owner.at, default=None)


def last_write(written: Iterable[Written], manager: str) -> float:
    """When a manager wrote last, seconds since 1970 by the server's clock: clocks of agents are not to be trusted."""
    return max((seconds(each.time) for each in written if each.manager == manager), default=0.0)


def resources_path(container: str, *template: str, sidecar: bool = False) -> tuple[str, ...]:
    """Path of a container's resources in a pod, or below the template of an owner."""
    steps = [f"f:{step}" for step in (*template, "spec", "initContainers" if sidecar else "containers")]
    return (*steps, f'k:{{"name":"{container}"}}', "f:resources")


def seconds(time: str | None) -> float:
    """Of a time as the API writes it; 0 for none."""
    return 0.0 if time is None else datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp()


def _items(key: str, inner: Fields, items: list[Any]) -> list[Any]:
    kind, _, text = key.partition(":")
    named = msgspec.json.decode(text)
    if kind == "v":
        return [item for item in items if item == named]
    found = [item for item in items if all(item.get(name) == each for name, each in named.items())]
    return [{**named, **extract({".": {}, **inner}, item)} for item in found]


def _owns(fields: Fields, path: tuple[str, ...]) -> bool:
    for step in path:
        if step not in fields:
            return False
        fields = fields[step]
    return True
