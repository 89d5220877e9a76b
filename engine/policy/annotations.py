"""The policy that stands on a workload itself: annotations such as `trimtab.io/risk: "0.5%"`.

One annotation for each field of a policy, its value in YAML; `trimtab.io/policy` has a whole one. Lists may be one
text: families with commas, windows with semicolons.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, get_type_hints

from msgspec.structs import replace

from engine.messages import Policy
from engine.policy.document import Problem
from engine.policy.file import compose
from engine.policy.forms import close_to
from engine.policy.reader import WRONG, Reader
from engine.policy.rules import conflicts_of_policy

PREFIX: Final = "trimtab.io/"
WHOLE: Final = "policy"
FIELDS: Final = Policy.__struct_fields__


def read_annotations(annotations: Mapping[str, str]) -> tuple[Policy, list[Problem]]:
    """The policy, and problems whose `path` begins with the annotation; lines and columns are within its value.

    What is wrong is left out of the policy, the rest holds. Annotations that are not trimtab's are passed over.
    """
    ours = {key.removeprefix(PREFIX): text for key, text in annotations.items() if key.startswith(PREFIX)}
    problems: list[Problem] = []
    policy = _read(ours[WHOLE], Policy, PREFIX + WHOLE, problems) if WHOLE in ours else WRONG
    policy = policy if isinstance(policy, Policy) else Policy()
    hints, values = get_type_hints(Policy, include_extras=True), dict[str, Any]()
    for name, text in ours.items():
        if name in FIELDS:
            values[name] = _read(text, hints[name], PREFIX + name, problems)
            if getattr(policy, name) is not None:
                problems.append(Problem(1, 1, f"{name} stands in {PREFIX}{WHOLE} too", PREFIX + name))
        elif name != WHOLE:
            known = [PREFIX + each for each in (*FIELDS, WHOLE)]
            near = close_to(PREFIX + name, known) or f", known are {', '.join(known)}"
            problems.append(Problem(1, 1, f"unknown annotation{near}", PREFIX + name))
    policy = replace(policy, **{name: value for name, value in values.items() if value is not WRONG})
    for path, wrong in conflicts_of_policy(policy, ""):
        name = path.partition(".")[0]
        problems.append(Problem(1, 1, wrong, PREFIX + (name if name in ours else WHOLE)))
    return policy, problems


def _read(text: str, hint: Any, path: str, problems: list[Problem]) -> Any:
    node = compose(text)
    if isinstance(node, Problem):
        problems.append(Problem(node.line, node.column, node.text, path))
        return WRONG
    reader = Reader(separated=True)
    value = reader.read(node, hint, path)
    problems.extend(reader.problems)
    if value is None:
        problems.append(Problem(1, 1, "expected a value, got nothing", path))
    return value
