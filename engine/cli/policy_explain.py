"""`trimtab policy explain`: which value holds for each field, and where it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from engine.cli.policy_text import value_text
from engine.core.policy import Layer, Rules, layers
from engine.core.protected import is_system
from engine.errors import UserError
from engine.identity import split_node_type
from engine.messages import Policy, Restart, Risk
from engine.policy import PolicyFile, Workload


class Field(NamedTuple):
    """A field of a policy, or a `part` of one that scopes replace part by part. `name` is as people write it."""

    name: str
    whole: str
    part: str = ""

    def of(self, policy: Policy) -> object:
        """Its value, None where the policy does not state it."""
        value = getattr(policy, self.whole)
        return getattr(value, self.part) if self.part and value is not None else value


_AMOUNTS: Final = {"cpu": "cpu_request", "memory": "memory_request"}
_PARTS: Final[dict[str, dict[str, str]]] = {
    "floor": _AMOUNTS,
    "ceiling": _AMOUNTS,
    "risk": {part: part for part in Risk.__struct_fields__},
    "restart": {part: part for part in Restart.__struct_fields__},
}
"""Parts as they are written, and their fields in messages."""
FIELDS: Final = [
    Field(f"{whole}.{written}" if written else whole, whole, part)
    for whole in Policy.__struct_fields__
    for written, part in _PARTS.get(whole, {"": ""}).items()
]
_UNSTATED: Final = {
    "autopilot": "recommend",
    "cuts_only_in_windows": "no",
    "restart.allowed": "yes",
    "cpu_limit": "keep",
    "keep_qos": "yes",
    "protected": "no",
}
"""What holds where nobody states anything; other fields are then "none"."""


@dataclass(frozen=True, slots=True)
class Source:
    """A policy file that was read, and the line of each path in it."""

    path: Path
    file: PolicyFile
    lines: Mapping[str, int]

    def place(self, layer: Layer, field: Field) -> str:
        """Line and rule of a field that the layer states."""
        if layer.origin == "defaults":
            prefix, said = "defaults", "defaults"
        else:
            number = [rule.scope for rule in self.file.rules].index(layer.origin)
            prefix, said = f"rules[{number}].policy", f"rule {layer.origin}"
        line = self.lines.get(f"{prefix}.{field.name}") or self.lines[f"{prefix}.{field.whole}"]
        return f"{self.path}:{line} {said}"


def _unstated(field: Field, parts: Sequence[str], kind: str) -> tuple[str, str]:
    """What holds where nobody states a field of the container, and why."""
    if field.name == "protected" and is_system(parts[0], parts[1], kind):
        return "yes", "nobody states it, and it is a system workload"
    return _UNSTATED.get(field.name, "none"), "nobody states it"


def field_rows(
    container: str, found: Sequence[Layer], kind: str, place: Callable[[Layer, Field], str]
) -> list[tuple[str, str, str]]:
    """Name, value and origin of each field; `container` is namespace/workload/container, `kind` its workload's."""
    rows = []
    for field in FIELDS:
        layer = next((each for each in reversed(found) if field.of(each.policy) is not None), None)
        if layer is None:
            rows.append((field.name, *_unstated(field, container.split("/"), kind)))
        else:
            rows.append((field.name, value_text(field.name, field.of(layer.policy)), place(layer, field)))
    return rows


def explained(
    source: Source, container: str, workloads: Sequence[Workload] = (), manifest: Path | None = None
) -> str:
    """A table as text. Raises UserError for what is no container."""
    parts = container.split("/")
    if len(parts) != 3 or "" in parts:
        raise UserError(f"a container is namespace/workload/container, got {container!r}")
    name, _ = split_node_type(parts[1])
    workload = next((each for each in workloads if (each.namespace, each.name) == (parts[0], name)), None)
    rules = Rules.of(source.file.as_control())
    annotated = f"{manifest}:{workload.line} annotation of {workload.kind} {workload.name}" if workload else ""
    found = field_rows(
        container,
        list(layers(f"/{container}", rules, {}, workload.policy if workload else None)),
        workload.kind if workload else "",
        lambda layer, field: annotated if layer.origin == "annotation" else source.place(layer, field),
    )
    rows = [("field", "value", "from"), *found]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return "\n".join(f"{name:<{widths[0]}}  {value:<{widths[1]}}  {place}" for name, value, place in rows)
