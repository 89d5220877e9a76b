"""The budgets of a policy file, for commands that need nothing else of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UserError
from engine.policy import NamespaceBudget, read_budgets
from engine.units import GIB


def read(folder: Path, text: str) -> list[NamespaceBudget]:
    path = folder / "policy.yaml"
    path.write_text(text)
    return read_budgets(path)


def test_numbers_and_quantities(tmp_path: Path) -> None:
    text = "version: 1\nbudgets:\n- {namespace: shop, owner: anna, cpu: 1500m, memory: 2Gi, monthly_usd: 100}\n"
    text += "- {namespace: ops, cpu: 4, memory: 1000000}\n"
    assert read(tmp_path, text) == [
        NamespaceBudget(namespace="shop", owner="anna", cpu=1.5, memory=2 * GIB, monthly_usd=100.0),
        NamespaceBudget(namespace="ops", cpu=4.0, memory=1e6),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [\n", "policy.yaml:2:1: not YAML"),
        ("version: 1\n", "policy.yaml has no budgets: expected a list `budgets`"),
        ("version: 1\nrulez: []\n", "policy.yaml:2:1: unknown key 'rulez', did you mean rules?"),
        ("- 1\n", "policy.yaml:1:1: expected a mapping, got a list"),
        ("version: 1\nbudgets: 1\n", "policy.yaml:2:10: expected a list, got '1' - at budgets"),
        ("version: 1\nbudgets: [{namespace: a, cpu: 0}]\n", "expected a number > 0.0, got '0' - at budgets[0].cpu"),
        ("version: 1\nbudgets: [{namespace: a, memory: 2GB}]\n", "'2GB' is not an amount of memory"),
    ],
)
def test_bad_ones(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UserError) as refused:
        read(tmp_path, text)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
