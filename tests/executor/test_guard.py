"""The guard by a table worked by hand, and by what must hold for any command."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agents.executor.guard import MEANING, RULES, judge, scopes_of
from engine.messages import Size
from tests.executor.build import FACTS, LARGE, MIB, SMALL, WEB, command

CPU_UP = replace(SMALL, cpu_request=0.15)
"""Someone has raised the CPU request by hand."""
MEMORY_UP = replace(SMALL, memory_request=512 * MIB, memory_limit=512 * MIB)
"""Someone has raised memory above what LARGE has."""

#     command                                                facts                                     refusal
TABLE: list[tuple[str, dict[str, Any], dict[str, Any], str | None]] = [
    ("as it should be", {}, {}, None),
    # expiry: at its last instant a command is still valid
    ("last instant", {"valid_until_s": 1000.0}, {}, None),
    ("a moment late", {"valid_until_s": 999.999}, {}, "expired"),
    # whose it is: the field and the container's name must both say so
    ("another's", {"cluster": "bank"}, {}, "other_cluster"),
    ("another's container", {"container": "bank/default/web/app"}, {}, "other_cluster"),
    # frozen
    ("cluster", {}, {"frozen_scopes": frozenset({""})}, "frozen"),
    ("namespace", {}, {"frozen_scopes": frozenset({"default"})}, "frozen"),
    ("workload", {}, {"frozen_scopes": frozenset({"default/web"})}, "frozen"),
    ("container", {}, {"frozen_scopes": frozenset({"default/web/app"})}, "frozen"),
    ("a neighbour", {}, {"frozen_scopes": frozenset({"default/we", "default/web/side", "web"})}, None),
    # existence
    ("gone", {}, {"current": None}, "unknown_container"),
    # bounds: at the bound is inside
    ("at both bounds", {"floor": LARGE, "ceiling": LARGE}, {}, None),
    ("under the floor", {"floor": Size(cpu_request=0.401)}, {}, "out_of_bounds"),
    ("over the ceiling", {"ceiling": Size(memory_limit=255 * MIB)}, {}, "out_of_bounds"),
    ("no CPU at all", {"target": replace(LARGE, cpu_request=0.0)}, {}, "out_of_bounds"),
    ("a million cores and one", {"target": Size(cpu_request=1e6 + 1)}, {}, "out_of_bounds"),
    ("limit below request", {"target": replace(LARGE, memory_limit=127 * MIB)}, {}, "out_of_bounds"),
    ("limit at request", {"target": replace(LARGE, memory_limit=128 * MIB)}, {}, None),
    ("no limits", {"target": Size(cpu_request=0.4, memory_request=128 * MIB)}, {}, None),
    # done by someone else
    ("there already", {}, {"current": LARGE}, "unchanged"),
    ("a move changes no size", {"action": "move", "target": SMALL}, {}, "unchanged"),
    # drift: a step (1 m, 1 MiB) is a change, less is rounding
    ("rounding", {}, {"current": replace(SMALL, cpu_request=0.1004, memory_limit=128 * MIB + 1000)}, None),
    ("a millicore", {}, {"current": replace(SMALL, cpu_request=0.101)}, "drifted"),
    ("a MiB", {}, {"current": replace(SMALL, memory_request=65 * MIB)}, "drifted"),
    ("a limit is gone", {}, {"current": replace(SMALL, cpu_limit=None)}, "drifted"),
    ("lowered meanwhile", {"action": "resize_down"}, {"current": CPU_UP}, "drifted"),
    # ... which an urgent raise may pass over, as long as it lowers nothing
    ("urgent, still a raise", {"action": "urgent_up"}, {"current": CPU_UP}, None),
    ("rollback, still a raise", {"action": "rollback"}, {"current": CPU_UP}, None),
    ("urgent, would lower memory", {"action": "urgent_up"}, {"current": MEMORY_UP}, "drifted"),
    ("urgent, would limit", {"action": "urgent_up"}, {"current": replace(SMALL, cpu_limit=None)}, "drifted"),
    ("rollback below its own decision", {"action": "rollback", "expected": LARGE, "target": SMALL},
     {"current": LARGE}, None),
    # the first rule to act wins
    ("late and frozen", {"valid_until_s": 1.0}, {"frozen_scopes": frozenset({""})}, "expired"),
    ("another's and late", {"cluster": "bank", "valid_until_s": 1.0}, {}, "other_cluster"),
    ("impossible and drifted", {"target": Size(cpu_request=0.0)}, {"current": CPU_UP}, "out_of_bounds"),
]  # fmt: skip


@pytest.mark.parametrize(("_name", "changes", "facts", "expected"), TABLE, ids=[row[0] for row in TABLE])
def test_table(_name: str, changes: dict[str, Any], facts: dict[str, Any], expected: str | None) -> None:
    refusal = judge(command(**changes), FACTS._replace(**facts))
    assert (refusal and refusal.code) == expected


def test_refusals_say_expected_and_got() -> None:
    refusal = judge(command(), FACTS._replace(current=CPU_UP))
    assert refusal is not None
    assert refusal.detail == "expected and found: cpu_request 0.1 and 0.15"
    refusal = judge(command(ceiling=Size(cpu_request=0.3)), FACTS)
    assert refusal is not None
    assert refusal.detail == "cpu_request expected at most 0.3, got 0.4"


def test_each_refusal_has_its_sentence_and_each_sentence_its_rule() -> None:
    assert [code for code, _ in RULES] == list(MEANING)
    assert all(sentence.endswith(".") for sentence in MEANING.values())


def test_scopes_of_a_container() -> None:
    assert scopes_of(WEB) == ["*", "", "default", "default/web", "default/web/app"]
    assert scopes_of("shop/kube-system/agent@m5.large/main") == [
        "*", "", "kube-system", "kube-system/agent", "kube-system/agent@m5.large", "kube-system/agent/main",
        "kube-system/agent@m5.large/main",
    ]  # fmt: skip


amounts = st.none() | st.floats(min_value=0, max_value=1e300)
sizes = st.builds(Size, amounts, amounts, amounts, amounts)
actions = st.sampled_from(["resize_up", "resize_down", "urgent_up", "rollback"])


@given(expected=sizes, target=sizes, current=sizes, floor=sizes, ceiling=sizes, action=actions)
def test_what_passes_is_possible_within_its_bounds_and_a_change(
    expected: Size, target: Size, current: Size, floor: Size, ceiling: Size, action: str
) -> None:
    asked = command(expected=expected, target=target, floor=floor, ceiling=ceiling, action=action)
    if judge(asked, FACTS._replace(current=current)) is not None:
        return
    assert target != current
    for resource in ("cpu", "memory"):
        request, limit = getattr(target, f"{resource}_request"), getattr(target, f"{resource}_limit")
        assert request is None or limit is None or request <= limit
    for field in Size.__struct_fields__:
        amount, low, high = (getattr(size, field) for size in (target, floor, ceiling))
        if amount is not None:
            assert amount > 0
            assert low is None or low <= amount
            assert high is None or amount <= high


@given(current=sizes, target=sizes)
def test_a_drifted_container_is_never_lowered_by_a_millicore_or_a_mebibyte(current: Size, target: Size) -> None:
    asked = command(expected=LARGE, target=target, action="urgent_up")
    drifted = replace(current, cpu_request=7.0)
    if judge(asked, FACTS._replace(current=drifted)) is not None:
        return
    for field, step in zip(Size.__struct_fields__, (0.001, 0.001, MIB, MIB), strict=True):
        none = float("inf") if field.endswith("limit") else 0.0
        before, after = (none if (a := getattr(size, field)) is None else a for size in (drifted, target))
        assert after == before or after > before - step  # no limit is infinite
