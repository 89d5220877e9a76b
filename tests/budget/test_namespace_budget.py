"""The list `budgets` of a policy file."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UserError
from engine.policy.namespace_budget import NamespaceBudget, read_budgets
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
        ("a: [\n", "policy.yaml line 2: not YAML"),
        ("rules: []\n", "policy.yaml: expected a list `budgets`, got none"),
        ("- 1\n", "expected a list `budgets`, got none"),
        ("budgets: 1\n", "budgets: expected a list, got int"),
        ("budgets: [1]\n", "budgets[0]: Expected `object`, got `int`"),
        ("budgets: [{cpu: 1}]\n", "budgets[0]: Object missing required field `namespace`"),
        ("budgets: [{namespace: a/b, cpu: 1}]\n", "budgets[0].namespace: Expected `str` matching regex"),
        ("budgets: [{namespace: a, cpus: 1}]\n", "budgets[0]: Object contains unknown field `cpus`"),
        ("budgets: [{namespace: a, cpu: much}]\n", "budgets[0].cpu: 'much' is not an amount of CPU"),
        ("budgets: [{namespace: a, memory: 2GB}]\n", "budgets[0].memory: '2GB' is not an amount of memory"),
        ("budgets: [{namespace: a, cpu: 0}]\n", "budgets[0].cpu: Expected `float` > 0.0"),
        ("budgets: [{namespace: a}]\n", "budgets[0]: a budget of a has no cap: give cpu, memory or monthly_usd"),
        ("budgets: [{namespace: a, cpu: 1}, {namespace: a, cpu: 2}]\n", "budgets[1]: a second budget of namespace a"),
    ],
)
def test_bad_ones(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UserError) as refused:
        read(tmp_path, text)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
