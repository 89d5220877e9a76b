"""Ages, amounts and sparklines; the terms of a row of state; nouns. No broker."""

from __future__ import annotations

import json

import pytest

from engine.cli.nouns import asked_for
from engine.console.source import only_cluster
from engine.console.sparkline import sparkline
from engine.console.terms import Terms, freezes_of, namespace_of, said_of, scope_text, take_row
from engine.console.text import age_text, change_text, seconds_of
from engine.core.snapshot import PREFIX, pack
from engine.core.state import SlotState
from engine.errors import UserError
from engine.identity import KILL_SWITCH
from engine.messages import Cluster, Policy, PolicyRule, SetPolicy
from engine.units import CPU, MEMORY


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0s"), (119, "119s"), (120, "2m"), (599, "9m59s"), (10_799, "179m"), (10_800, "3h"), (28_800, "8h"),
     (172_799, "47h"), (172_800, "2d"), (200_000, "2d7h"), (691_200, "8d"), (70_000_000, "2y80d")],
)  # fmt: skip
def test_ages_are_those_of_kubectl(seconds: float, text: str) -> None:
    assert age_text(seconds) == text


def test_amounts() -> None:
    assert change_text(0.5, 0.62, CPU) == "500m->620m"
    assert change_text(None, 2.0**20, MEMORY) == "<none>->1Mi"
    assert change_text(0.5, 0.5, CPU) == "500m"


def test_since() -> None:
    assert seconds_of("30m") == 1800
    with pytest.raises(UserError, match="--since"):
        seconds_of("yesterday")


def test_sparklines_begin_at_nothing() -> None:
    assert sparkline([0.0, 1.0, None, 2.0]) == "▁▅·█"
    assert sparkline([0.0, 0.0]) == "▁▁"
    assert sparkline([1.0], highest=2.0) == "▅"
    assert sparkline([]) == ""


def test_the_row_that_has_applied_most_counts() -> None:
    newer = pack(SlotState("shop", 0, 1, applied=9, freezes={"web": True, KILL_SWITCH: True, "ops": False}))
    older = pack(SlotState("shop", 0, 1, applied=3))
    terms = take_row(older, take_row(newer, None))
    assert terms.applied == 9
    assert freezes_of("shop/web/cart/app", terms) == [KILL_SWITCH, "web"]
    assert freezes_of("shop/ops/job/app", terms) == [KILL_SWITCH]
    assert scope_text(KILL_SWITCH) == "kill switch"
    other = json.dumps({"slot": {"freezes": ["web"]}}).encode()
    for row in (b"what", PREFIX.pack(b"TRIM", 4, len(other)) + other, PREFIX.pack(b"TRIM", 99, 0)):
        with pytest.raises(UserError, match="state cannot be read"):
            take_row(row, None)


def test_the_only_cluster_need_not_be_named() -> None:
    shop, mill = (Cluster(name=name, slots=1, declared_s=0.0) for name in ("shop", "mill"))
    assert only_cluster({"shop": shop}, None) is shop
    assert only_cluster({"shop": shop, "mill": mill}, "mill") is mill
    for known, name, said in (
        ({}, None, "no cluster is declared"),
        ({"mill": mill, "shop": shop}, None, r"\(mill, shop\)"),
        ({"shop": shop}, "x", "x is not declared"),
    ):
        with pytest.raises(UserError, match=said):
            only_cluster(known, name)


def test_nouns() -> None:
    assert asked_for("co", ("a/b",)) == ("containers", ("a/b",))
    assert asked_for("container/shop/web/app", ()) == ("containers", ("shop/web/app",))
    assert asked_for("Decision", ()) == ("decisions", ())
    with pytest.raises(UserError, match="decisions, containers"):
        asked_for("pods", ())


def test_policies_of_all_slots_are_one_list_the_widest_first() -> None:
    full, low = Policy(autopilot="full"), Policy(protected=True)
    one = Terms(policy=SetPolicy(defaults=full, rules=[PolicyRule("web", low)]), stages={"web": "observe"})
    two = Terms(policy=SetPolicy(defaults=full, rules=[PolicyRule("web", low), PolicyRule("a/b", low)]))
    assert [(scope, layer.origin, layer.policy.autopilot) for scope, layer in said_of([one, two])] == [
        ("", "policy", "full"), ("web", "control", "observe"), ("web", "policy", None), ("a/b", "policy", None),
    ]  # fmt: skip
    assert [namespace_of(scope) for scope in ("", KILL_SWITCH, "web/a", "w*/a")] == ["", "", "web", ""]
