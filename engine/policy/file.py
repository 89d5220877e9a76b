"""Reading a policy file, whole: all that is wrong with it, not only the first."""

from __future__ import annotations

from pathlib import Path

import yaml
from yaml.nodes import Node

from engine.errors import UserError
from engine.policy.document import Found, PolicyFile, Problem
from engine.policy.namespace_budget import NamespaceBudget
from engine.policy.reader import Reader
from engine.policy.rules import conflicts_of_file
from engine.sheets import read_text


def compose(text: str) -> Node | Problem:
    """The YAML document's node, or what is wrong with its syntax."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        return syntax_problem(error)
    return Problem(1, 1, "expected YAML, got nothing") if node is None else node


def syntax_problem(error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    said = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    return Problem(mark.line + 1 if mark else 1, mark.column + 1 if mark else 1, f"not YAML: {said}")


def read_policy(text: str) -> Found:
    """Problems are in the order of lines."""
    node = compose(text)
    if isinstance(node, Problem):
        return Found(None, [node], {})
    reader = Reader()
    file = reader.read(node, PolicyFile, "")
    if isinstance(file, PolicyFile):
        for path, wrong in conflicts_of_file(file):
            line, column = reader.places[path]
            reader.problems.append(Problem(line, column, wrong, path))
    usable = isinstance(file, PolicyFile) and not reader.problems
    lines = {path: line for path, (line, _) in reader.places.items()}
    return Found(file if usable else None, sorted(reader.problems), lines)


def read_budgets(path: Path) -> list[NamespaceBudget]:
    """The `budgets` of a policy file that is right as a whole. Raises UserError with what is wrong first."""
    found = read_policy(read_text(path))
    if found.file is None:
        raise UserError(found.problems[0].told(str(path)))
    if not found.file.budgets:
        raise UserError(f"{path} has no budgets: expected a list `budgets`")
    return found.file.budgets
