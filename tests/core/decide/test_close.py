"""The slow path. The slot of `build` uses 0.5 cores and 0.5 GiB of requests of 1 core and 1 GiB."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.core.decide import DecideRows, Verdicts, savings
from engine.core.decide.state import ACTIONS, REASONS
from engine.core.forecast.compact import MISSING
from engine.core.state import SlotState
from engine.identity import decision_id
from engine.messages import Decision, Size, Stage
from engine.units import GIB
from tests.core.decide.build import BUCKET, CONTEXT, NOW, close, foresee, foresee_cpu_soon, pairs, slot_of

MIB = 2.0**20


def only(verdicts: Verdicts) -> Decision:
    [decision] = verdicts.decisions
    return decision


def test_state_fits() -> None:
    assert DecideRows.empty().row_bytes() <= 1000
    assert len(REASONS) < 128
    assert ACTIONS[-2:] == ("hold", "move")


def test_a_cut_with_its_money_and_command() -> None:
    verdicts = close(slot_of())
    decision, [command] = only(verdicts), verdicts.commands
    assert (decision.action, decision.reason, decision.disposition) == (
        "resize_down", "demand_below_request", "commanded",
    )  # fmt: skip
    # CPU: the p95 and peak, 500 m. Memory: 0.5 GiB + 5 % = 537.6 MiB, up to 538. Limits stay twice the request.
    assert decision.target == Size(0.5, 1.0, 538 * MIB, 1076 * MIB)
    # 0.5 cores at 0.04 and 486 MiB at 0.005 a GiB, for 730 h.
    assert decision.monthly_saving_usd == pytest.approx(730 * (0.5 * 0.04 + 486 / 1024 * 0.005), abs=1e-4)
    assert decision.id == command.id == decision_id("shop/web/w0/app", "resize_down", NOW)
    assert decision.time_s == NOW
    assert (decision.sampled_s, command.valid_until_s) == (NOW + 60, NOW + 660)
    assert (command.expected, command.target) == (decision.current, decision.target)
    assert decision.text.startswith("Less is expected to be used than is requested; CPU: p95 of the next 4 h is 500 m")
    assert "the request goes from 1000 m to 500 m" in decision.text


def test_evidence_and_runner_up() -> None:
    evidence = only(close(slot_of())).evidence
    assert [lead.lead_s for lead in evidence.cpu.forecast] == [900, 1800, 3600, 7200, 14_400]
    assert (evidence.cpu.forecast[-1].p50, evidence.cpu.forecast[-1].p95) == (0.25, 0.5)
    assert (evidence.cpu.wape, evidence.cpu.coverage, evidence.memory.day_peak) == (0.1, 1.0, 0.5 * GIB)
    assert (evidence.trigger, evidence.buckets_seen, evidence.price_node_type) == ("bucket_close", 100, "m5.large")
    runner_up = evidence.runner_up
    assert runner_up is not None
    # 575 m and 588.8 → 589 MiB, by the peak of the day and 15 %.
    assert (runner_up.name, runner_up.size) == ("day_peak_plus_15_percent", Size(0.575, 1.15, 589 * MIB, 1178 * MIB))
    assert runner_up.monthly_usd == pytest.approx(730 * (0.575 * 0.04 + 589 / 1024 * 0.005), abs=1e-4)
    assert runner_up.why_not == "It costs 2.37 USD a month more, for a peak that the forecast does not expect again."


def test_a_raise_is_immediate_and_unbounded_by_the_largest_step() -> None:
    decision = only(close(slot_of(p95=(4.0, 0.9), peak=0.9, seen=3, scored=0, covered=0)))
    assert (decision.action, decision.reason) == ("resize_up", "demand_above_request")
    assert decision.target == Size(4.0, 8.0, GIB, 2 * GIB)
    assert decision.monthly_saving_usd == pytest.approx(-730 * 3 * 0.04)


def test_a_peak_that_is_near_counts_as_much_as_one_that_is_far() -> None:
    slot = slot_of(p95=0.5, peak=0.4)
    foresee_cpu_soon(slot, 1.5)
    decision = only(close(slot))
    assert (decision.action, decision.target.cpu_request) == ("resize_up", 1.5)


def test_cuts_go_by_the_record_at_4_hours() -> None:
    slot = slot_of()
    slot.forecast.covered[..., :-1] = 0
    assert only(close(slot)).action == "resize_down"
    slot = slot_of()
    slot.forecast.scored[..., -1] = 2
    assert only(close(slot)).reason == "not_enough_data"


def test_a_cut_takes_half_at_most() -> None:
    assert only(close(slot_of(p95=0.1, peak=0.1))).target == Size(0.5, 1.0, 512 * MIB, GIB)


def test_no_request_set_is_a_raise_and_says_so() -> None:
    decision = only(close(slot_of(request=(np.nan, 0.55), limit=np.nan)))
    assert (decision.action, decision.reason) == ("resize_up", "no_request_set")
    assert decision.target == Size(cpu_request=0.5, memory_request=0.55 * GIB)
    assert decision.monthly_saving_usd == pytest.approx(-730 * 0.5 * 0.04)
    assert "present cost counts as 0" in decision.text


@pytest.mark.parametrize(
    ("slot", "reason"),
    [
        (slot_of(seen=2, scored=0), "not_enough_data"),
        (slot_of(seen=23), "not_enough_data"),
        (slot_of(scored=2, covered=2), "not_enough_data"),
        (slot_of(scored=10, covered=4), "unreliable_forecast"),
        (slot_of(p95=np.nan), "no_forecast"),
        (slot_of(p95=(0.97, 0.9), peak=0.9), "within_band"),
        (slot_of(p95=(1.05, 0.9), peak=0.9), "within_band"),
        (slot_of(p95=(0.86, 0.9), peak=0.5), "within_band"),
        (slot_of(p95=(3.0, 0.9), peak=0.9, ceiling=(1.0, np.nan)), "at_ceiling"),
        (slot_of(p95=(0.5, 0.9), floor=(1.0, np.nan)), "at_floor"),
    ],
)
def test_every_hold_has_its_reason(slot: SlotState, reason: str) -> None:
    verdicts = close(slot)
    decision = only(verdicts)
    assert (decision.action, decision.reason, decision.disposition) == ("hold", reason, "none")
    assert decision.current == decision.target
    assert verdicts.commands == []


def test_an_old_forecast_is_none() -> None:
    slot = slot_of()
    slot.forecast.origin[:] = BUCKET - 25
    assert only(close(slot)).reason == "no_forecast"


def test_cuts_cool_down_and_raises_do_not() -> None:
    slot = slot_of()
    slot.decide.changed_s[:] = NOW - 3000
    assert only(close(slot)).reason == "cooling_down"
    foresee(slot, 2.0)
    assert only(close(slot, BUCKET + 1)).action == "resize_up"
    foresee(slot, 0.5)
    slot.decide.pending_until_s[:] = -np.inf
    assert only(close(slot, BUCKET + 3)).action == "resize_down"


def test_one_command_at_a_time() -> None:
    slot = slot_of()
    assert close(slot).commands
    assert close(slot, BUCKET + 1) == Verdicts()  # waiting for the outcome is not news
    # Valid until 600 s after its sample, and a minute for the outcome: then it is taken as lost, and decided again.
    slot.window.last_s[:] = NOW + 1200
    assert close(slot, BUCKET + 3).commands


@pytest.mark.parametrize(
    ("stage", "p95", "disposition"),
    [
        ("full", 0.5, "commanded"),
        ("full", 3.0, "commanded"),
        ("up_only", 0.5, "recommended"),
        ("up_only", 3.0, "commanded"),
        ("recommend", 3.0, "recommended"),
        ("observe", 3.0, "observed"),
    ],
)
def test_what_becomes_of_it_by_stage(stage: Stage, p95: float, disposition: str) -> None:
    verdicts = close(slot_of(stage=stage, p95=p95))
    assert only(verdicts).disposition == disposition
    assert only(verdicts).stage == stage
    assert len(verdicts.commands) == (disposition == "commanded")


def test_up_only_commands_the_raise_of_a_mixed_decision_alone() -> None:
    decision = only(close(slot_of(stage="up_only", p95=(3.0, 0.5))))
    assert (decision.action, decision.target) == ("resize_up", Size(3.0, 6.0, GIB, 2 * GIB))
    mixed = only(close(slot_of(stage="full", p95=(3.0, 0.5))))
    assert (mixed.action, mixed.target) == ("resize_up", Size(3.0, 6.0, 538 * MIB, 1076 * MIB))


def test_a_freeze_withholds() -> None:
    slot = slot_of()
    slot.placement.frozen[:] = True
    verdicts = close(slot)
    assert (only(verdicts).disposition, verdicts.commands) == ("frozen", [])


def test_stale_rows_say_nothing() -> None:
    assert close(slot_of(3), fresh=False) == Verdicts()


def test_only_news_is_published() -> None:
    slot = slot_of(stage="recommend")
    assert only(close(slot)).monthly_saving_usd > 0
    assert close(slot, BUCKET + 1).decisions == []
    foresee(slot, 0.52)
    assert close(slot, BUCKET + 2).decisions == [], "the target moved by 4 %"
    foresee(slot, 0.6)
    assert only(close(slot, BUCKET + 3)).target.cpu_request == 0.6


def test_a_change_of_stage_is_news() -> None:
    slot = slot_of(stage="observe")
    assert only(close(slot)).disposition == "observed"
    slot.placement.stage[:] = 1
    assert only(close(slot, BUCKET + 1)).disposition == "recommended"


def test_bounds_of_the_command_are_those_of_what_it_moves() -> None:
    # Memory is far below its floor's forecast but within bounds; CPU goes up to its ceiling.
    [command] = close(slot_of(p95=(9.0, 0.9), peak=0.9, floor=(0.2, 0.5), ceiling=(4.0, 8.0))).commands
    assert command.target.cpu_request == 4.0
    assert (command.floor, command.ceiling) == (Size(cpu_request=0.2), Size(cpu_request=4.0))


def test_a_request_above_its_ceiling_comes_down_to_it() -> None:
    decision = only(close(slot_of(p95=(3.0, 0.9), peak=0.9, ceiling=(0.4, np.nan))))
    assert (decision.reason, decision.target.cpu_request) == ("above_ceiling", 0.4)


def test_unknown_node_types_are_priced_as_the_default_and_say_so() -> None:
    slot = slot_of(2)
    slot.node_types = ["c5.large", "x9.huge"]
    slot.placement.node_type[:] = (0, 1)
    known, unknown = close(slot).decisions
    assert (known.evidence.price_node_type, known.evidence.price_assumed) == ("c5.large", False)
    assert (unknown.evidence.price_node_type, unknown.evidence.price_assumed) == ("m5.large", True)
    assert known.monthly_saving_usd == pytest.approx(730 * (0.5 * 0.08 + 486 / 1024 * 0.001), abs=1e-4)


def test_replicas_multiply_the_money() -> None:
    slot = slot_of(2)
    slot.placement.replicas[:] = (1, 7)
    one, seven = close(slot).decisions
    assert seven.monthly_saving_usd == pytest.approx(7 * one.monthly_saving_usd, abs=1e-3)


def test_recommended_savings_are_the_latest_of_each_row() -> None:
    slot = slot_of(2, stage="recommend")
    saved = sum(decision.monthly_saving_usd for decision in close(slot).decisions)
    realised, recommended = savings(slot)
    assert (realised, round(recommended - saved, 2)) == (0.0, 0.0)
    foresee(slot, 0.97)
    close(slot, BUCKET + 1)
    assert savings(slot) == (0.0, 0.0)


def test_a_container_that_is_only_sampled_for_cpu_is_decided_for_cpu() -> None:
    slot = slot_of(peak=(0.5, np.nan))
    slot.forecast.buckets_seen[:, 1] = 0
    slot.forecast.pending[:, 1] = MISSING
    decision = only(close(slot))
    assert decision.target == Size(0.5, 1.0, GIB, 2 * GIB)
    assert "memory" not in decision.text
    assert decision.evidence.memory.forecast == []
    assert all(not isinstance(v, float) or math.isfinite(v) for v in (decision.monthly_saving_usd, decision.time_s))


def test_distrust_widens_the_margin_and_the_cool_down() -> None:
    slot = slot_of()
    slot.decide.distrust[:, 0], slot.decide.distrust_s[:, 0] = 1.0, NOW
    assert only(close(slot)).target.cpu_request == 0.55
    slot = slot_of()
    slot.decide.distrust[:, 0], slot.decide.distrust_s[:, 0] = 1.0, NOW
    slot.decide.changed_s[:] = NOW - 5000
    assert only(close(slot)).reason == "cooling_down"


def test_context_is_the_tests_own() -> None:
    assert CONTEXT.prices["m5.large"] == (0.04, 0.005)
    assert pairs(1.0, 2).tolist() == [[1.0, GIB], [1.0, GIB]]
