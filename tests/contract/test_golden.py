"""Golden files: what this major version of the messages looks like on the wire, byte for byte."""

from __future__ import annotations

import pytest

from engine.codec import encode
from engine.messages import AnyCommand, AnyEvent
from tests.contract.examples import EXAMPLES, GOLDEN, Example, golden


@pytest.mark.parametrize(("name", "example"), EXAMPLES.items(), ids=EXAMPLES)
def test_a_message_is_its_golden_file(name: str, example: Example) -> None:
    assert encode(example.message) == golden(name).read_bytes().rstrip(b"\n")


@pytest.mark.parametrize(("name", "example"), EXAMPLES.items(), ids=EXAMPLES)
def test_a_golden_file_is_its_message(name: str, example: Example) -> None:
    assert example.decode(golden(name).read_bytes()) == example.message


def test_every_kind_has_an_example_and_every_file_a_kind() -> None:
    kinds = {type(example.message) for example in EXAMPLES.values()}
    assert kinds >= {*AnyEvent.__args__, *AnyCommand.__args__}
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(EXAMPLES)
