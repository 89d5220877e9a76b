"""Which stage of auto-pilot holds: the most specific scope, with the workload's own word in between."""

from __future__ import annotations

import pytest

from engine.core.placement import STAGES
from engine.core.policy import is_frozen, scopes_around, stage_of
from engine.messages import Stage

WEB = "shop/web/cart/app"


def test_scopes_from_the_most_specific() -> None:
    assert list(scopes_around(WEB)) == ["web/cart/app", "web/cart", "web", ""]


def test_scopes_of_a_daemon_set_hold_with_and_without_the_node_type() -> None:
    row = "shop/kube-system/agent@m5.large/main"
    assert list(scopes_around(row)) == [
        "kube-system/agent@m5.large/main", "kube-system/agent/main", "kube-system/agent@m5.large", "kube-system/agent",
        "kube-system", "",
    ]  # fmt: skip
    assert STAGES[stage_of(row, {"kube-system/agent": "full"}, -1)] == "full"
    both: dict[str, Stage] = {"kube-system/agent": "full", "kube-system/agent@m5.large": "observe"}
    assert STAGES[stage_of(row, both, -1)] == "observe"
    assert STAGES[stage_of(row, {"kube-system/agent@c5.large": "full"}, -1)] == "recommend"
    assert STAGES[stage_of(row, {}, STAGES.index("up_only"))] == "up_only"
    assert is_frozen(row, {"kube-system/agent": True})
    assert not is_frozen(row, {"kube-system/agent@c5.large": True})


@pytest.mark.parametrize(
    ("stages", "annotated", "expected"),
    [
        ({}, None, "recommend"),
        ({"": "full"}, None, "full"),
        ({"": "full", "web": "observe"}, None, "observe"),
        ({"": "full", "web": "full"}, "up_only", "up_only"),
        ({"web/cart": "full"}, "up_only", "full"),
        ({"web/cart": "full", "web/cart/app": "recommend"}, None, "recommend"),
        ({"web/other": "full", "db": "full"}, None, "recommend"),
    ],
)
def test_stage(stages: dict[str, Stage], annotated: Stage | None, expected: Stage) -> None:
    index = -1 if annotated is None else STAGES.index(annotated)
    assert STAGES[stage_of(WEB, stages, index)] == expected


@pytest.mark.parametrize(
    ("freezes", "expected"),
    [({}, False), ({"": True}, True), ({"web": True}, True), ({"web": False, "": True}, True), ({"db": True}, False)],
)
def test_any_freeze_around_a_container_holds(freezes: dict[str, bool], expected: bool) -> None:
    assert is_frozen(WEB, freezes) is expected
