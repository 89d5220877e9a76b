"""From YAML nodes to values of message types, with every problem and its place.

The types say what is read: a value that people write in a form of its own is read from its text as it stands, so that
22:00 is no number and `no` in a list of names is no truth value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, get_args, get_origin, get_type_hints

import msgspec
import yaml
from msgspec import Struct
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from engine.policy.document import Problem
from engine.policy.forms import FORMS, close_to
from engine.policy.kinds import expected_text, got_text, kind_of
from engine.policy.shapes import SHAPES

WRONG: Final = object()
"""What was wrong, and has been reported."""


@dataclass(slots=True)
class Reader:
    """Reads nodes, and goes on after a problem. `separated`: lists may be one text, as annotations have to be."""

    separated: bool = False
    problems: list[Problem] = field(default_factory=list)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Line and column of each path."""

    def read(self, node: Node, hint: Any, path: str) -> Any:
        """The value of type `hint`, None for one that is optional and not there, or WRONG."""
        kind, optional, form = kind_of(hint)
        self.places[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if isinstance(node, ScalarNode) and node.tag == "tag:yaml.org,2002:null":
            return None if optional else self.wrong(node, path, "expected a value, got nothing")
        if form is not None and isinstance(node, ScalarNode):
            return self._checked(node, hint, path, self._formed(FORMS[form].read, node, path))
        if kind in SHAPES:
            return self._shaped(node, kind, path)
        if isinstance(kind, type) and issubclass(kind, Struct):
            return self._struct(node, kind, path)
        if get_origin(kind) in (list, tuple):
            return self._list(node, kind, path)
        return self._plain(node, hint, kind, path)

    def wrong(self, node: Node, path: str, text: str) -> Any:
        mark = node.start_mark
        self.problems.append(Problem(mark.line + 1, mark.column + 1, text, path))
        return WRONG

    def _formed(self, read: Any, node: ScalarNode, path: str) -> Any:
        try:
            return read(node.value.strip())
        except ValueError as error:
            return self.wrong(node, path, str(error))

    def _shaped(self, node: Node, kind: Any, path: str) -> Any:
        shape = SHAPES[kind]
        if shape.read is not None and isinstance(node, ScalarNode):
            return self._formed(shape.read, node, path)
        keys = self._struct(node, shape.keys, path)
        return WRONG if keys is WRONG else shape.made(keys)

    def _struct(self, node: Node, kind: type[Struct], path: str) -> Any:
        if not isinstance(node, MappingNode):
            return self.wrong(node, path, f"expected a mapping, got {got_text(node)}")
        hints = get_type_hints(kind, include_extras=True)
        fields = {each.encode_name: each for each in msgspec.structs.fields(kind)}
        values = {
            fields[key].name: self.read(item, hints[fields[key].name], f"{path}.{key}".lstrip("."))
            for key, item in self._items(node, list(fields), path)
        }
        for key, each in fields.items():
            if each.required and each.name not in values:
                values[each.name] = self.wrong(node, path, f"{key} is missing")
        return WRONG if WRONG in values.values() else kind(**values)

    def _items(self, node: MappingNode, known: list[str], path: str) -> list[tuple[str, Node]]:
        """Keys that are known, each once."""
        found: dict[str, Node] = {}
        for key, item in node.value:
            name = key.value if isinstance(key, ScalarNode) else ""
            if name not in known:
                near = close_to(name, known) or f", known are {', '.join(known)}"
                self.wrong(key, path, f"unknown key {name!r}{near}")
            elif name in found:
                first = found[name].start_mark.line + 1
                self.wrong(key, path, f"{name} is there twice, first on line {first}")
            else:
                found[name] = item
        return list(found.items())

    def _list(self, node: Node, kind: Any, path: str) -> Any:
        hint = get_args(kind)[0]
        if self.separated and isinstance(node, ScalarNode):
            node = _split(node, ";" if kind_of(hint).type in SHAPES else ",")
        if not isinstance(node, SequenceNode):
            return self.wrong(node, path, f"expected a list, got {got_text(node)}")
        if get_origin(kind) is tuple and not node.value:
            return self.wrong(node, path, "expected one or more, got an empty list")
        values = [self.read(item, hint, f"{path}[{place}]") for place, item in enumerate(node.value)]
        return WRONG if WRONG in values else get_origin(kind)(values)

    def _plain(self, node: Node, hint: Any, kind: Any, path: str) -> Any:
        if isinstance(node, ScalarNode) and (kind is str or str in map(type, get_args(kind))):
            return self._checked(node, hint, path, node.value)
        try:
            value = yaml.SafeLoader("").construct_document(node)
        except yaml.YAMLError as error:
            return self.wrong(node, path, str(getattr(error, "problem", error)))
        return self._checked(node, hint, path, value)

    def _checked(self, node: Node, hint: Any, path: str, value: Any) -> Any:
        """The value as its type, or a problem that says what was expected and what stands there."""
        if value is WRONG:
            return WRONG
        try:
            return msgspec.convert(value, hint)
        except msgspec.ValidationError as error:
            return self.wrong(node, path, f"expected {expected_text(hint, str(error))}, got {got_text(node)}")


def _split(node: ScalarNode, separator: str) -> SequenceNode:
    """A list that is written as one text; its items have the place of the text."""
    texts = [text.strip() for text in node.value.split(separator)]
    items = [ScalarNode("tag:yaml.org,2002:str", text, node.start_mark, node.end_mark) for text in texts if text]
    return SequenceNode("tag:yaml.org,2002:seq", items, node.start_mark, node.end_mark)
