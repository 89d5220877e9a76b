"""Moves between instance types: when they are decided, what they say, and what holds whatever the needs are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.context import Context
from engine.core.decide.calendar import SLOT_S, SLOTS, begin_of, occurrences
from engine.core.decide.move_choice import QUANTILES, quantile_of
from engine.core.decide.move_needs import needs_of
from engine.core.decide.moves import decide_moves, due_rows, plan_row
from engine.core.decide.parameters import MoveParameters, SizingParameters
from engine.core.decide.risk import stated
from engine.core.moves import Candidate, NodeType
from engine.core.placement import PlacementRows
from engine.core.rows import Array
from engine.core.state import SlotState
from engine.messages import Decision
from engine.units import GIB
from tests.core.decide.build import BUCKET, CONTEXT, slot_of

APP = "shop/web/w0/app"
TYPES = {
    name: NodeType(name[:2], Candidate(name, cores, gib * GIB, usd))
    for name, cores, gib, usd in (
        ("m5.large", 2, 8, 0.096), ("m5.xlarge", 4, 16, 0.192), ("r5.large", 2, 16, 0.126), ("r5.xlarge", 4, 32, 0.252),
        ("c5.large", 2, 4, 0.085), ("c5.xlarge", 4, 8, 0.17),
    )
}  # fmt: skip
MARKET = replace(CONTEXT, node_types=TYPES)
NIGHT = np.r_[np.arange(40, 48), np.arange(0, 16)]
"""From 20:00 to 08:00."""


def needs(day: tuple[float, float] = (1.0, 1.5), night: tuple[float, float] = (0.4, 6.5)) -> Array:
    """Cores and GiB by half hour of the day."""
    amounts = np.tile(np.array(day), (SLOTS, 1))
    amounts[NIGHT] = night
    found: Array = amounts * np.array([1.0, GIB])
    return found


def planned_for(families: list[str] | None, moves_a_day: int = -1, **more: Any) -> SlotState:
    slot = slot_of(**more)
    if families is not None:
        slot.families.append(families)
        slot.placement.families[:] = 0
    slot.placement.moves_a_day[:] = moves_a_day
    return slot


def one(slot: SlotState, bucket: int = BUCKET, need: Array | None = None) -> Decision:
    [decision] = plan_row(slot, 0, bucket, needs() if need is None else need, MARKET)
    return decision


def test_memory_at_night_is_worth_two_moves_a_day() -> None:
    """m5.large by day: half of 0.096; at night 6.5 of its 8 GiB are 0.078 an hour, and 6.5 of 16 on r5.large 0.0512.

    Staying: 12 × 0.048 + 12 × 0.078 = 1.512 a day; r5.large, the best single: 12 × 0.063 + 12 × 0.0512 = 1.370. Moving:
    12 × 0.048 + 12 × 0.0512 = 1.190, and 0.108 for two moves of 0.05 with 5 minutes of what is drained.
    """
    slot = planned_for(["m5", "r5"], stage="full")
    decision = one(slot)
    assert (decision.action, decision.reason, decision.disposition) == ("move", "cheaper_machines", "recommended")
    move, evidence = decision.move, decision.evidence.move
    assert move is not None
    assert evidence is not None
    # bucket 400 is 09:20: the next night begins at 20:00
    assert [(each.ordered_s % 86_400 / 3600, each.at_s % 86_400 / 3600, each.to) for each in move.moves] == [
        (19.5, 20.0, "r5.large"),
        (7.5, 8.0, "m5.large"),
    ]
    assert (move.from_type, move.to_type, move.daily) == ("m5.large", "r5.large", True)
    assert evidence.staying_usd_day == pytest.approx(1.512)
    assert evidence.single_usd_day == pytest.approx(1.370, abs=1e-3)
    assert evidence.moves_usd_day == pytest.approx(0.108, abs=1e-3)
    assert evidence.usd_day == pytest.approx(1.190 + 0.108, abs=1e-3)
    assert decision.monthly_saving_usd == pytest.approx((1.512 - evidence.usd_day) * 730 / 24, abs=0.01)
    assert (evidence.moves, evidence.moves_a_day, evidence.single_type) == (2, 2, "r5.large")
    assert evidence.bound_usd_day <= evidence.usd_day
    assert decision.current == decision.target
    assert decision.evidence.runner_up is not None
    assert decision.evidence.runner_up.name == "r5.large"
    assert decision.text == (
        "Other machines cost less; m5.large daily from 08:00 to 20:00 UTC, where CPU decides: 1000 m of 2000 m; "
        "r5.large daily from 20:00 to 08:00 UTC, where memory decides: 6.5 GiB of 16 GiB; a day costs 1.30 USD, "
        "0.11 of it for 2 moves, on m5.large alone 1.51, on r5.large alone 1.37; r5.large is ordered at 19:30 and "
        "serves from 20:00 UTC on; moves are commanded once a person approves."
    )


def test_it_is_said_once_until_it_changes_or_no_longer_pays() -> None:
    slot = planned_for(["m5", "r5"])
    one(slot)
    assert plan_row(slot, 0, BUCKET + 72, needs(), MARKET) == []
    assert plan_row(slot, 0, BUCKET + 144, needs(night=(0.4, 6.8)), MARKET) == []  # the same machines
    flat = needs(night=(1.0, 1.5))
    withdrawn = one(slot, BUCKET + 216, flat)
    assert (withdrawn.action, withdrawn.reason, withdrawn.move) == ("hold", "moves_no_longer_pay", None)
    assert plan_row(slot, 0, BUCKET + 288, flat, MARKET) == []
    assert one(slot, BUCKET + 360).action == "move"


def test_one_type_for_good_when_no_hour_needs_another() -> None:
    slot = planned_for(["r5"])
    need = needs(day=(0.2, 6.0), night=(0.2, 6.0))
    decision = one(slot, need=need)
    assert decision.move is not None
    assert (decision.move.daily, [each.to for each in decision.move.moves]) == (False, ["r5.large"])
    assert "r5.large for good, where memory decides" in decision.text
    assert plan_row(slot, 0, BUCKET + 72, need, MARKET) == []
    slot.placement.node_type[0] = slot.node_types.index("r5.large")  # somebody has followed
    assert plan_row(slot, 0, BUCKET + 144, need, MARKET) == []
    assert slot.decide.move_bucket[0] == -1


def test_daily_moves_that_save_next_to_nothing_are_not_worth_it() -> None:
    """Of 0.9 cores by day, m5.large saves 3.5 % on r5.large alone, moves paid; of 0.75 cores, less than 2 %."""
    daily = one(planned_for(["m5", "r5"]), need=needs(day=(0.9, 1.5), night=(0.2, 9.0))).move
    simple = one(planned_for(["m5", "r5"]), need=needs(day=(0.75, 1.5), night=(0.2, 9.0))).move
    assert daily is not None
    assert simple is not None
    assert (daily.daily, simple.daily) == (True, False)
    assert [each.to for each in simple.moves] == ["r5.large"]


def test_what_does_not_fit_has_to_move_whatever_it_costs() -> None:
    """At night it needs more than an m5.large has; r5.large for all of the day is what the saving is told beside."""
    decision = one(planned_for(["m5", "r5"]), need=needs(night=(0.4, 9.0)))
    assert decision.reason == "machine_too_small"
    assert decision.evidence.move is not None
    assert decision.evidence.move.staying_usd_day is None
    assert decision.evidence.move.single_type == "r5.large"
    assert decision.monthly_saving_usd < 3.0
    assert decision.text.startswith("The present machine is too small at some hours; ")


def test_without_families_nothing_is_computed() -> None:
    slot = planned_for(None)
    assert not len(due_rows(slot, np.array([0]), BUCKET, MARKET.moves))
    assert decide_moves(slot, np.array([0]), BUCKET, MARKET) == []
    assert slot.decide.planned_bucket[0] == -1


def test_each_is_due_once_in_six_hours_at_a_time_of_its_own() -> None:
    slot = planned_for(["m5"], rows=40)
    rows = np.arange(40)
    due: dict[int, list[int]] = {row: [] for row in rows.tolist()}
    for bucket in range(BUCKET, BUCKET + 5 * 72):
        for row in due_rows(slot, rows, bucket, MARKET.moves).tolist():
            slot.decide.planned_bucket[row] = bucket
            due[row].append(bucket)
    assert all(set(np.diff(times)) == {72} for times in due.values())
    assert len({times[0] for times in due.values()}) > 20


def test_the_forecast_has_to_be_trusted() -> None:
    slot = planned_for(["m5", "r5"])
    slot.decide.planned_bucket[:] = BUCKET - 200
    assert decide_moves(slot, np.array([0]), BUCKET, MARKET) == []  # 100 buckets seen are no three days
    assert slot.decide.planned_bucket[0] == BUCKET


def test_needs_are_by_half_hour_of_the_day_and_never_below_the_floor() -> None:
    slot = planned_for(["m5"], floor=(np.nan, 7.0))
    found = needs_of(slot, np.array([0]), BUCKET, MARKET)
    assert found.shape == (1, SLOTS, 2)
    assert (found[0, :, 1][~np.isnan(found[0, :, 1])] >= 7 * GIB).all()


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    alone, among = planned_for(["m5", "r5"]), planned_for(["m5", "r5"], rows=3)
    among.families.insert(0, ["c5"])
    among.placement.families[:] = [1, 0, 1]
    for row, need in ((2, needs(night=(0.2, 9.0))), (1, needs(day=(0.4, 1.0), night=(0.4, 1.0)))):
        plan_row(among, row, BUCKET, need, MARKET)
    assert one(among) == one(alone)


@pytest.mark.parametrize(("stage", "frozen", "expected"), [("observe", False, "observed"), ("full", True, "frozen")])
def test_who_only_observes_is_told_nothing(stage: Any, frozen: bool, expected: str) -> None:
    slot = planned_for(["m5", "r5"], stage=stage)
    slot.placement.frozen[:] = frozen
    assert one(slot).disposition == expected


def test_a_new_plan_begins_when_a_day_holds_no_more_moves_than_allowed() -> None:
    # 20:00 and 08:00 are past, it is 09:00, and the new plan moves at 18:00 and 06:00: the first must wait for 20:00
    past, slots = [40, 64], [36, 12]
    assert begin_of(past, slots, 67, most=2) == 88
    assert occurrences(slots, 88, 88 + SLOTS) == [108, 132]
    assert begin_of(past, slots, 67, most=3) == 67
    assert begin_of([], slots, 67, most=2) == 67


def test_a_move_for_good_waits_until_a_day_after_the_last_but_one() -> None:
    assert begin_of([87, 93, 102, 135], [], 136, most=2) == 150
    assert begin_of([87, 93, 102, 135], [], 136, most=3) == 141
    assert begin_of([-1, -1, -1, -1], [], 136, most=1) == 136


profiles = st.tuples(
    st.floats(0.1, 1.8), st.floats(0.2, 7.5), st.floats(0.1, 3.5), st.floats(0.2, 25.0),
    st.integers(0, 47), st.integers(1, 47),
)  # fmt: skip


def profile(drawn: tuple[float, float, float, float, int, int]) -> Array:
    """Two levels, the second for some half hours from one on."""
    cpu, gib, other_cpu, other_gib, begin, length = drawn
    amounts = np.tile(np.array([cpu, gib]), (SLOTS, 1))
    amounts[(begin + np.arange(length)) % SLOTS] = other_cpu, other_gib
    found: Array = amounts * np.array([1.0, GIB])
    return found


def told(slot: SlotState, plans: list[tuple[int, Array]], context: Context) -> list[Decision]:
    decisions = []
    bucket = BUCKET
    for later, need in plans:
        bucket += later
        decisions += plan_row(slot, 0, bucket, need, context)
    return decisions


@settings(max_examples=150)
@given(
    st.lists(st.tuples(st.integers(12, 300), profiles.map(profile)), min_size=1, max_size=10),
    st.integers(-1, 6),
    st.lists(st.sampled_from(["m5", "r5", "c5"]), min_size=1, max_size=3, unique=True),
)
def test_whatever_the_needs_are(plans: list[tuple[int, Array]], moves_a_day: int, families: list[str]) -> None:
    """Never more moves in 24 h than the policy's, only to its families, ordered ahead, and the same again."""
    eager = replace(MARKET, moves=replace(MARKET.moves, hysteresis=0.0, least_usd_month=0.0, restart_usd=0.001))
    decisions = told(planned_for(sorted(families), moves_a_day), plans, eager)
    assert decisions == told(planned_for(sorted(families), moves_a_day), plans, eager)
    most = 2 if moves_a_day < 0 else min(moves_a_day, 4)
    times = moves_made(decisions)
    assert all(sum(time - 86_400 < other <= time for other in times) <= most for time in times)
    for decision in decisions:
        if decision.move is not None:
            assert {each.to[:2] for each in decision.move.moves} <= set(families)
            assert all(decision.time_s <= each.ordered_s < each.at_s for each in decision.move.moves)
            assert decision.move.to_type == decision.move.moves[0].to
            assert decision.monthly_saving_usd > -1e-9
            assert decision.disposition == "recommended"


def moves_made(decisions: list[Decision]) -> list[float]:
    """Times at which somebody who follows every decision moves, until a week after the last."""
    times: list[float] = []
    ends = [*[later.time_s for later in decisions[1:]], decisions[-1].time_s + 7 * 86_400.0] if decisions else []
    for decision, end_s in zip(decisions, ends, strict=True):
        move = decision.move
        for each in move.moves if move else []:
            again = np.arange(each.at_s, end_s + 1, 86_400.0) if move and move.daily else np.array([each.at_s])
            times += [time for time in again.tolist() if time <= end_s]
    assert all(time % SLOT_S == 0 for time in times)
    return times


def test_the_need_is_as_rare_as_the_risk_that_is_stated_for_the_row() -> None:
    rows = PlacementRows.empty(4)
    rows.risk[1], rows.risk[2], rows.risk[3, 0] = 0.1, 0.05, 0.001
    for wide, first in ((None, 0.95), ((0.01, 0.2), 0.99)):
        risk = stated(rows, np.arange(4), SizingParameters(risk=wide))
        assert [QUANTILES[place] for place in quantile_of(MoveParameters(), risk)] == [first, 0.9, 0.95, 0.99]


def test_the_same_vcpus_are_more_work_on_a_faster_type() -> None:
    """2.2 units by day are more than the 2 cores of m5.large, and 1.76 of the 2 of c5.large, at 1.25 each."""
    rated = replace(MARKET, vcpu_performance={"c5.large": 1.25, "c5.xlarge": 1.25})
    slot, need = planned_for(["m5", "c5"], stage="full"), needs(day=(2.2, 1.5), night=(2.2, 1.5))
    [decision] = plan_row(slot, 0, BUCKET, need, rated)
    assert decision.reason == "machine_too_small"
    assert decision.move is not None
    assert decision.move.to_type == "c5.large"
    assert decision.evidence.move is not None
    assert decision.evidence.move.stretches[0].cpu == pytest.approx(2.2 / 1.25)
    assert "c5.large for good, where CPU decides: 1760 m of 2000 m" in decision.text
    assert "CPU of m5.large counts as the reference type's, as no compute units are stated" in decision.text
    [alike] = plan_row(planned_for(["m5", "c5"], stage="full"), 0, BUCKET, need, MARKET)
    assert alike.move is not None
    assert alike.move.to_type == "c5.xlarge"  # all types counted alike, none with two cores is enough


def test_twice_the_work_on_types_that_do_twice_as_much_is_the_same_plan() -> None:
    twice, plain = replace(MARKET, vcpu_performance=dict.fromkeys(TYPES, 2.0)), one(planned_for(["m5", "r5"]))
    [decision] = plan_row(planned_for(["m5", "r5"]), 0, BUCKET, needs() * np.array([2.0, 1.0]), twice)
    assert (decision.text, decision.move, decision.evidence.move) == (plain.text, plain.move, plain.evidence.move)
