"""Types as a reader sees them, and how they are named to people."""

from __future__ import annotations

from types import UnionType
from typing import Annotated, Any, Final, Literal, NamedTuple, Union, get_args, get_origin

from msgspec import Meta
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

_NAMES: Final = {MappingNode: "a mapping", SequenceNode: "a list", ScalarNode: "a single value"}
_PLAIN: Final = {bool: "true or false", int: "a whole number", float: "a number"}


class Kind(NamedTuple):
    """The type below `Annotated` and `| None`, whether it may be None, and the form in which people write it."""

    type: Any
    optional: bool
    form: str | None


def kind_of(hint: Any) -> Kind:
    form: str | None = None
    optional = False
    while True:
        if get_origin(hint) is Annotated:
            hint, *notes = get_args(hint)
            schemas = (note.extra_json_schema or {} for note in notes if isinstance(note, Meta))
            form = next((schema["written"] for schema in schemas if "written" in schema), form)
        elif get_origin(hint) in (Union, UnionType):
            optional = True
            hint = next(each for each in get_args(hint) if each is not type(None))
        else:
            return Kind(hint, optional, form)


def expected_text(hint: Any, message: str) -> str:
    kind = kind_of(hint).type
    if get_origin(kind) is Literal:
        choices = [str(each) for each in get_args(kind)]
        return f"one of {', '.join(choices)}" if len(choices) > 1 else choices[0]
    first, _, _ = message.partition(", got ")
    if kind in _PLAIN and first.count("`") == 2 and first.endswith("`"):
        return _PLAIN[kind]
    said = first.partition(" - at `")[0].removeprefix("Expected ")
    for python, plain in _PLAIN.items():
        said = said.replace(f"`{python.__name__}`", plain)
    return said.replace("`str`", "text")


def got_text(node: Node) -> str:
    return repr(node.value) if isinstance(node, ScalarNode) else _NAMES[type(node)]
