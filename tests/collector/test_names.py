"""Names, and the examples in docstrings."""

from __future__ import annotations

import doctest

import pytest

import agents.collector.names
import agents.collector.sources.assume
import agents.collector.sources.cgroup_files
from agents.collector.names import sanitised, unique


@pytest.mark.parametrize(
    ("name", "expected"),
    [("az-05ae9a88e1", "az-05ae9a88e1"), ("C_1", "c-1"), ("a b/c", "a-b-c"), ("-.x.-", "x"), ("§", "unnamed"),
     ("x" * 300, "x" * 253)],
)
def test_sanitised(name: str, expected: str) -> None:
    assert sanitised(name) == expected


def test_unique_also_against_names_that_end_in_a_number() -> None:
    assert unique(["a", "a-2", "a", "a"]) == ["a", "a-2", "a-3", "a-4"]


@pytest.mark.parametrize(
    "module", [agents.collector.names, agents.collector.sources.assume, agents.collector.sources.cgroup_files]
)
def test_examples(module: object) -> None:
    tested = doctest.testmod(module)  # type: ignore[arg-type]
    assert tested.attempted > 0
    assert tested.failed == 0
