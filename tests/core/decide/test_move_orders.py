"""Approved plans of moves: what is commanded when, and what outcomes make of the approval."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.core.decide import approve
from engine.core.decide.calendar import BUCKETS, SLOTS, first_of, machine_at
from engine.core.decide.move_orders import order_moves
from engine.core.decide.moves import most_moves
from engine.core.feedback import fold_outcome
from engine.core.state import SlotState
from engine.messages import Command, Outcome, OutcomeStatus
from engine.units import BUCKET_S
from tests.core.decide.build import BUCKET
from tests.core.decide.test_moves import APP, MARKET, needs, one, planned_for

ROW = np.array([0])
GOOD = needs(day=(0.2, 6.0), night=(0.2, 6.0))
"""Of m5 and r5, always cheaper on an r5.large."""


def planned(good: bool = False) -> tuple[SlotState, str]:
    """At 09:20 either an r5.large from 20:00 to 08:00, ordered half an hour before, or one for good."""
    slot = planned_for(["r5"] if good else ["m5", "r5"])
    return slot, one(slot, need=GOOD if good else None).id


def at(slot: SlotState, bucket: int) -> list[Command]:
    """What is commanded when the bucket closes, with samples until then."""
    slot.window.last_s[:] = bucket * BUCKET_S
    return order_moves(slot, ROW, bucket, MARKET).commands


def day(slot: SlotState, begin: int, follow: bool = True) -> list[tuple[float, str]]:
    """Hours of the day and machines of the commands of a day's buckets, each applied when `follow`."""
    found = []
    for bucket in range(begin, begin + SLOTS * BUCKETS):
        for command in at(slot, bucket):
            found.append((command.time_s % 86_400 / 3600, command.move_to))
            if follow:
                tell(slot, command, "applied")
                slot.placement.node_type[0] = slot.node_types.index(command.move_to)
    return found


def tell(slot: SlotState, command: Command, status: OutcomeStatus, reason: str = "", later_s: float = 60.0) -> None:
    outcome = Outcome(
        cluster="shop", slot=0, sent_s=0.0, container=APP, command_id=command.id, status=status, reason=reason,
        time_s=command.time_s + later_s,
    )  # fmt: skip
    fold_outcome(slot, outcome, MARKET)


def now(bucket: int = BUCKET) -> float:
    return bucket * BUCKET_S + 60.0


def test_a_plan_is_followed_day_by_day_once_a_person_has_approved_it() -> None:
    slot, wanted = planned()
    assert day(slot, BUCKET) == []
    verdicts = approve(slot, APP, wanted, now(BUCKET + 288), MARKET)
    [consent] = verdicts.decisions
    assert (consent.action, consent.reason, consent.disposition) == ("hold", "moves_approved", "none")
    assert consent.text == f"The plan of decision {wanted} is approved: its moves are commanded as they come due."
    assert verdicts.commands == []  # by day it is where it should be
    expected = [(19.5, "r5.large"), (7.5, "m5.large")]
    assert day(slot, BUCKET + 289) == expected
    assert day(slot, BUCKET + 289 + 288) == expected


def test_a_command_asks_for_a_machine_and_for_no_other_size() -> None:
    slot, wanted = planned()
    approve(slot, APP, wanted, now(), MARKET)
    slot.window.last_s[:] = 522 * BUCKET_S
    verdicts = order_moves(slot, ROW, 522, MARKET)
    [decision], [command] = verdicts.decisions, verdicts.commands
    assert (decision.action, decision.disposition, decision.reason) == ("move", "commanded", "moves_approved")
    assert decision.text == (
        "A person has approved these moves; r5.large is ordered at 19:30 and serves from 20:00 UTC on, "
        "instead of m5.large."
    )
    assert command.id == decision.id
    assert command.expected == command.target == decision.current
    assert (command.approved, command.may_restart, command.move_to) == (True, True, "r5.large")
    assert (command.floor, command.ceiling) == (type(command.floor)(), type(command.ceiling)())


def test_one_for_good_goes_at_once_and_only_once() -> None:
    slot, wanted = planned(good=True)
    slot.window.last_s[:] = now(BUCKET + 2)  # 09:30, when it is to be ordered at the earliest
    [command] = approve(slot, APP, wanted, now(BUCKET + 2), MARKET).commands
    assert command.move_to == "r5.large"
    tell(slot, command, "applied")
    assert day(slot, BUCKET + 3) == []  # even if the roster still tells the old machine: nobody is fought


def test_nothing_is_commanded_by_what_is_stale() -> None:
    slot, wanted = planned(good=True)
    slot.window.last_s[:] = now(BUCKET) - 700
    verdicts = approve(slot, APP, wanted, now(), MARKET)
    assert (len(verdicts.decisions), verdicts.commands) == (1, [])
    assert len(at(slot, BUCKET + 2)) == 1  # bucket 402 is 09:30


@pytest.mark.parametrize(
    ("status", "reason", "again"),
    [
        ("refused", "disruption_budget", True),
        ("refused", "expired", True),
        ("refused", "policy_forbids", False),
        ("refused", "needs_restart", False),
        ("failed", "unschedulable", False),
    ],
)
def test_what_passes_is_tried_again_and_what_does_not_ends_the_approval(
    status: OutcomeStatus, reason: str, again: bool
) -> None:
    slot, wanted = planned()
    approve(slot, APP, wanted, now(), MARKET)
    [command] = at(slot, 522)
    tell(slot, command, status, reason)
    assert [len(at(slot, bucket)) for bucket in range(523, 534)] == [0] * 5 + [int(again)] + [0] * 5
    assert bool(slot.decide.move_approved[0]) is again


def test_what_is_frozen_or_under_way_waits() -> None:
    slot, wanted = planned()
    approve(slot, APP, wanted, now(), MARKET)
    slot.placement.frozen[:] = True
    assert at(slot, 522) == []
    slot.placement.frozen[:] = False
    slot.decide.pending_until_s[:] = 528 * BUCKET_S + 1
    assert at(slot, 528) == []
    assert len(at(slot, 534)) == 1


def test_approvals_that_cannot_be_followed_are_answered() -> None:
    slot, wanted = planned()
    slot.placement.frozen[:] = True
    assert answer(slot, wanted) == ("hold", "frozen")
    slot.placement.frozen[:] = False
    assert answer(slot, wanted) == ("hold", "moves_approved")
    assert answer(slot, wanted) == ("hold", "approved_already")
    slot.decide.move_bucket[:] = BUCKET + 1
    assert answer(slot, wanted) == ("hold", "approval_superseded")


def answer(slot: SlotState, wanted: str) -> tuple[str, str]:
    [decision] = approve(slot, APP, wanted, now(), MARKET).decisions
    return decision.action, decision.reason


def test_another_plan_wants_another_approval() -> None:
    slot, wanted = planned()
    approve(slot, APP, wanted, now(), MARKET)
    one(slot, BUCKET + 72, needs(night=(1.0, 1.5)))  # taken back
    assert not slot.decide.move_approved[0]
    assert day(slot, BUCKET + 73) == []


@pytest.mark.parametrize("good", [True, False])
@pytest.mark.parametrize("column", ["moves_a_day", "families"])
def test_a_policy_that_no_longer_has_the_plan_stops_it(good: bool, column: str) -> None:
    """Fewer moves a day than the plan has, or no families any more."""
    slot, wanted = planned(good)
    approve(slot, APP, wanted, now(), MARKET)
    getattr(slot.placement, column)[:] = {"moves_a_day": 0 if good else 1, "families": -1}[column]
    assert day(slot, BUCKET + 1) == []


def test_a_size_that_is_judged_is_not_confused_with_a_move() -> None:
    """Before and after of a command are those of the last one; a resize after it forgets that one moved."""
    slot, wanted = planned()
    approve(slot, APP, wanted, now(), MARKET)
    [command] = at(slot, 522)
    assert slot.judgement.id[0] == 0
    tell(slot, command, "applied")
    assert not slot.decide.cut_s[0].max() > 0
    assert slot.decide.pending_move[0] == -1


@pytest.mark.parametrize("good", [True, False])
def test_the_first_move_is_as_it_was_told(good: bool) -> None:
    slot = planned_for(["r5"] if good else ["m5", "r5"])
    decision: Any = one(slot, need=GOOD if good else None)
    first = first_of(slot.decide, 0, MARKET.moves.arrival_slots, most_moves(slot, 0, MARKET))
    assert first * 1800.0 == decision.move.moves[0].at_s
    assert slot.node_types[machine_at(slot.decide, 0, first)] == decision.move.to_type
