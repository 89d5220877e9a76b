"""Kinds of decisions: all of them are counted, what did not occur is said, and money counts once a container."""

from __future__ import annotations

from msgspec.structs import replace

from engine.demo.kinds import ORDER, kinds, table
from engine.messages import Decision, Evidence, Outcome
from tests.demo import made_up


def outcome(decision: Decision) -> Outcome:
    return Outcome(
        cluster="shop", slot=0, sent_s=0, container=decision.container, command_id=decision.id, status="applied",
        time_s=decision.time_s,
    )  # fmt: skip


def test_every_kind_has_a_line_and_what_did_not_occur_says_so() -> None:
    found = {kind.name: kind for kind in kinds(made_up.decisions(), {}, "team-a")}
    assert list(found) == [*ORDER, "approved"]
    assert {name: kind.decisions for name, kind in found.items()} == {
        "resize_up": 0, "resize_down": 6, "urgent_up": 1, "rollback": 1, "move": 1, "hold": 1, "approved": 0,
    }  # fmt: skip
    html = table(found.values())
    assert html.count("did not occur") == 2
    assert "Other machines cost less" in html
    assert "&lt;b&gt;" in html


def test_what_is_said_again_counts_once() -> None:
    again = [made_up.decision(made_up.NAMES[0], made_up.AUTOPILOT_BUCKET + n, saving=5.0 + n) for n in (0, 1, 2)]
    down = kinds(again, {again[1].id: outcome(again[1])}, "team-a")[ORDER.index("resize_down")]
    assert (down.decisions, down.commanded, down.applied) == (3, 3, 1)
    assert (down.usd_month, down.applied_usd_month) == (7.0, 6.0)
    assert down.example_container == made_up.NAMES[0].partition("/")[2]


def test_what_a_person_approved_is_told_apart() -> None:
    by_hand = replace(
        made_up.decision(made_up.NAMES[1], 5), evidence=Evidence(trigger="approval"), disposition="commanded"
    )
    approved = kinds([by_hand], {}, "team-a")[-1]
    assert (approved.name, approved.decisions, approved.commanded) == ("approved", 1, 1)
