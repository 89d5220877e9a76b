"""Checking the annotations of the workloads in a Kubernetes manifest, by the manifest's lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from engine.messages import Policy
from engine.policy.annotations import PREFIX, read_annotations
from engine.policy.document import Problem
from engine.policy.file import syntax_problem


@dataclass(frozen=True, slots=True)
class Workload:
    """An object of a manifest that has annotations of trimtab's, and the line on which it begins."""

    namespace: str
    name: str
    kind: str
    policy: Policy
    line: int


def read_manifest(text: str) -> tuple[list[Workload], list[Problem]]:
    """Of all documents, and of the items of lists. Problems are in the order of lines."""
    workloads: list[Workload] = []
    problems: list[Problem] = []
    try:
        for document in yaml.compose_all(text, Loader=yaml.SafeLoader):
            for node in _objects(document):
                workload = _read(node, text.splitlines(), problems)
                workloads += [workload] if workload else []
    except yaml.YAMLError as error:
        problems.append(syntax_problem(error))
    return workloads, sorted(problems)


def _objects(node: Node | None) -> Iterator[MappingNode]:
    if isinstance(node, MappingNode):
        items = _at(node, "items")
        if isinstance(items, SequenceNode) and _text(node, "kind").endswith("List"):
            for item in items.value:
                yield from _objects(item)
        else:
            yield node


def _read(node: MappingNode, source: list[str], problems: list[Problem]) -> Workload | None:
    nodes = _annotations(node)
    if not nodes:
        return None
    texts = {key: value.value for key, (_, value) in nodes.items() if isinstance(value, ScalarNode)}
    for key, (_, value) in nodes.items():
        if not value.tag.endswith(":str"):
            line, column = value.start_mark.line + 1, value.start_mark.column + 1
            problems.append(Problem(line, column, "Kubernetes takes text only: put it in quotes", key))
    policy, found = read_annotations(texts)
    for problem in found:
        name = problem.path.removeprefix(PREFIX)
        key = PREFIX + name.partition(".")[0].partition("[")[0]
        line, column = _place(*nodes[key], source, problem)
        problems.append(Problem(line, column, problem.text, problem.path))
    name, namespace = _text(node, "metadata", "name"), _text(node, "metadata", "namespace")
    return Workload(namespace or "default", name, _text(node, "kind"), policy, node.start_mark.line + 1)


def _annotations(node: MappingNode) -> dict[str, tuple[Node, Node]]:
    """Key and value of each annotation of trimtab's."""
    found = _at(node, "metadata", "annotations")
    pairs = found.value if isinstance(found, MappingNode) else []
    return {key.value: (key, value) for key, value in pairs if str(key.value).startswith(PREFIX)}


def _place(key: Node, value: Node, source: list[str], problem: Problem) -> tuple[int, int]:
    """Line and column in the manifest of a place in an annotation's value; of the key where that is what is wrong."""
    if problem.text.startswith("unknown annotation"):
        return key.start_mark.line + 1, key.start_mark.column + 1
    mark, style = value.start_mark, getattr(value, "style", None)
    if style in ("|", ">"):
        first = source[mark.line + 1] if mark.line + 1 < len(source) else ""
        return mark.line + 1 + problem.line, len(first) - len(first.lstrip()) + problem.column
    if problem.line > 1:  # a quoted text over several lines: the first one has to do
        return mark.line + 1, mark.column + 1
    return mark.line + 1, mark.column + problem.column + (1 if style else 0)


def _at(node: Node | None, *keys: str) -> Node | None:
    for wanted in keys:
        pairs = node.value if isinstance(node, MappingNode) else []
        node = next((value for key, value in pairs if key.value == wanted), None)
    return node


def _text(node: Node, *keys: str) -> str:
    found = _at(node, *keys)
    return str(found.value) if isinstance(found, ScalarNode) else ""
