"""The fast path. Requests 1 core and 1 GiB, limits twice that, peaks 0.5; samples come at NOW + 60 s."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.decide import Verdicts
from engine.core.state import SlotState
from engine.identity import decision_id
from engine.messages import Decision, Size, Stage
from engine.units import GIB
from tests.core.decide.build import NOW, close, slot_of, urgent

MIB = 2.0**20
T = NOW + 60.0


def only(verdicts: Verdicts) -> Decision:
    [decision] = verdicts.decisions
    return decision


def samples(slot: SlotState, cpu: tuple[float, float], gap_s: float = 60.0, time_s: float = T) -> None:
    """The last two samples of CPU."""
    window = slot.window
    window.previous_s[:, 0], window.previous[:, 0] = time_s - gap_s, cpu[0]
    window.last_s[:, 0], window.last[:, 0] = time_s, cpu[1]


def test_nothing_wrong_says_nothing() -> None:
    assert urgent(slot_of(), throttled=0.25) == Verdicts()


def test_an_oom_kill_raises_limit_and_request_at_once() -> None:
    verdicts = urgent(slot_of(), oom_kills=1)
    decision, [command] = only(verdicts), verdicts.commands
    assert (decision.action, decision.reason, decision.disposition) == ("urgent_up", "oom_kill", "commanded")
    # It rose from 0.5 GiB to its limit of 2 GiB, so 1.5 GiB more; the request in the old ratio, half of it.
    assert decision.target == Size(1.0, 2.0, 1792 * MIB, 3584 * MIB)
    assert decision.id == command.id == decision_id("shop/web/w0/app", "urgent_up", T)
    assert (decision.sampled_s, command.valid_until_s) == (T, T + 600)
    assert decision.evidence.trigger == "oom_kill"
    assert decision.text.startswith("OOM-killed; ")


@pytest.mark.parametrize(("used", "limit_mib"), [(1.9, 2458), (1.5, 2560), (1.0, 3072), (0.0, 4096)])
def test_the_limit_rises_by_as_much_as_memory_had_risen(used: float, limit_mib: int) -> None:
    # 2 GiB, and what it was above the lowest use: at least a fifth, at most twice.
    assert only(urgent(slot_of(p95=0.1, peak=used), oom_kills=1)).target.memory_limit == limit_mib * MIB


def test_another_kill_after_a_raise_doubles_and_waits_for_nothing() -> None:
    slot = slot_of(peak=1.9)
    assert only(urgent(slot, oom_kills=1)).target.memory_limit == 2458 * MIB
    slot.decide.pending_until_s[:] = -np.inf
    slot.placement.limit[:, 1], slot.decide.changed_s[:] = 2458 * MIB, T + 1
    assert only(urgent(slot, T + 30, oom_kills=1)).target.memory_limit == 2 * 2458 * MIB


def test_kills_at_a_limit_that_was_not_changed_do_not_add_up() -> None:
    slot = slot_of(peak=1.9, stage="recommend")
    assert only(urgent(slot, oom_kills=1)).target.memory_limit == 2458 * MIB
    assert urgent(slot, T + 600, oom_kills=1) == Verdicts()
    assert only(urgent(slot, T + 3600, oom_kills=1)).target.memory_limit == 2458 * MIB


def test_a_peak_above_the_limit_counts_with_a_margin() -> None:
    # 3 GiB · 1.2 = 3686.4 MiB; half of it, 1843.2, up to 1844 MiB of request, and the limit is twice that.
    assert only(urgent(slot_of(peak=3.0), oom_kills=2)).target.memory_limit == 3688 * MIB


def test_an_oom_kill_without_limit_or_request_sets_a_request() -> None:
    decision = only(urgent(slot_of(request=np.nan, limit=np.nan), oom_kills=1))
    assert decision.target == Size(memory_request=615 * MIB)  # 0.5 GiB · 1.2 = 614.4 MiB
    limited = only(urgent(slot_of(request=np.nan, limit=(np.nan, 1.0)), oom_kills=1))
    assert limited.target == Size(memory_limit=1536 * MIB)  # 1 GiB, and the half of it that it had risen


@pytest.mark.parametrize(
    ("share", "limit"),
    [(0.26, 2.703), (0.1, None), (0.4, 3.334), (0.9, 4.0)],  # 1/(1 - share), at least 1.25 and at most 2
)
def test_throttling_raises_by_what_was_not_served(share: float, limit: float | None) -> None:
    verdicts = urgent(slot_of(), throttled=share)
    if limit is None:
        assert verdicts == Verdicts()
        return
    target = only(verdicts).target
    assert target.cpu_limit is not None
    assert target.cpu_request is not None
    assert target.cpu_limit == pytest.approx(limit, abs=0.0011)
    assert target.cpu_limit >= 2 / max(1 - share, 0.5) - 1e-6
    assert target.cpu_request == pytest.approx(target.cpu_limit / 2, abs=0.0011)


def test_throttling_without_a_limit_is_none_of_ours() -> None:
    assert urgent(slot_of(limit=np.nan), throttled=0.9) == Verdicts()


@pytest.mark.parametrize(
    ("before", "last", "gap_s", "crosses"),
    [
        (1.3, 1.5, 60.0, True),  # 0.2 a minute, four minutes to go: 2.3 > 2
        (1.4, 1.5, 60.0, False),  # 1.9
        (0.5, 1.0, 60.0, False),  # steep, but far from the limit: noise
        (1.3, 1.5, 180.0, False),  # too far apart for a slope, too low for a level
        (1.8, 1.91, 300.0, True),  # five-minute steps: rising, at 95 % of the limit
        (1.95, 1.91, 300.0, False),  # falling
    ],
)
def test_crossing(before: float, last: float, gap_s: float, crosses: bool) -> None:
    slot = slot_of()
    samples(slot, (before, last), gap_s)
    verdicts = urgent(slot)
    assert bool(verdicts.commands) == crosses
    if crosses:
        assert only(verdicts).reason == "crossing_cpu"
        assert only(verdicts).target.cpu_limit == max(2.4, np.ceil(last * 1.2 * 1000) / 1000)


@pytest.mark.parametrize(("peak", "crosses"), [(1.6, False), (1.4, True), (2.1, True)])
def test_a_rise_below_the_day_s_peak_is_no_crossing(peak: float, crosses: bool) -> None:
    """Usage that goes up and down under its limit is steep every other time; above the limit, peaks prove nothing."""
    slot = slot_of(peak=(peak, 0.5))
    samples(slot, (1.3, 1.5), 60.0)
    assert bool(urgent(slot).commands) == crosses


def test_one_urgent_per_resource_per_cool_down() -> None:
    slot = slot_of()
    assert urgent(slot, T, throttled=0.5).commands
    assert urgent(slot, T + 60, throttled=0.5) == Verdicts()
    slot.decide.pending_until_s[:] = -np.inf  # the outcome has come
    assert urgent(slot, T + 119, throttled=0.5) == Verdicts()
    assert urgent(slot, T + 119, oom_kills=1).commands, "another resource"
    slot.decide.pending_until_s[:] = -np.inf
    assert urgent(slot, T + 120, throttled=0.5).commands


def test_a_duplicate_of_the_same_kill_is_silent() -> None:
    slot = slot_of(stage="recommend")
    assert urgent(slot, T, oom_kills=1).decisions
    assert urgent(slot, T, oom_kills=1) == Verdicts()


@pytest.mark.parametrize(
    ("stage", "disposition"),
    [("observe", "observed"), ("recommend", "recommended"), ("up_only", "commanded"), ("full", "commanded")],
)
def test_urgent_obeys_the_stage(stage: Stage, disposition: str) -> None:
    verdicts = urgent(slot_of(stage=stage), oom_kills=1)
    assert only(verdicts).disposition == disposition
    assert bool(verdicts.commands) == (disposition == "commanded")


def test_what_is_not_commanded_is_not_repeated_for_an_hour() -> None:
    slot = slot_of(stage="recommend")
    assert urgent(slot, T, throttled=0.5).decisions
    assert urgent(slot, T + 3540, throttled=0.5) == Verdicts()
    assert urgent(slot, T + 3600, throttled=0.5).decisions


def test_a_freeze_withholds_the_urgent_too() -> None:
    slot = slot_of()
    slot.placement.frozen[:] = True
    verdicts = urgent(slot, oom_kills=1)
    assert (only(verdicts).disposition, verdicts.commands) == ("frozen", [])


def test_at_the_ceiling_it_says_so() -> None:
    decision = only(urgent(slot_of(ceiling=(np.nan, 1.0)), oom_kills=1))
    assert (decision.action, decision.reason, decision.evidence.trigger) == ("hold", "at_ceiling", "oom_kill")
    near = only(urgent(slot_of(ceiling=(np.nan, 1.1)), oom_kills=1))
    assert near.target.memory_request == 1.1 * GIB
    assert near.target.memory_limit == pytest.approx(2.2 * GIB, abs=MIB)


def test_rollback_of_a_cut_at_once() -> None:
    slot = slot_of()
    decide = slot.decide
    decide.cut_s[:, 1], decide.cut_request[:, 1], decide.cut_limit[:, 1] = T - 1800, 3 * GIB, 6 * GIB
    decide.urgent_s[:] = T - 1  # a rollback waits for no cool-down
    verdicts = urgent(slot, oom_kills=1)
    decision = only(verdicts)
    assert (decision.action, decision.reason) == ("rollback", "oom_kill_after_cut")
    assert decision.target == Size(1.0, 2.0, 3 * GIB, 6 * GIB)
    assert verdicts.commands[0].id == decision_id("shop/web/w0/app", "rollback", T)
    assert decide.distrust[0].tolist() == [0.0, 1.0]
    decide.pending_until_s[:] = -np.inf
    assert only(urgent(slot, T + 600, oom_kills=1)).action == "urgent_up", "the cut is taken back but once"


def test_an_older_cut_is_not_to_blame() -> None:
    slot = slot_of()
    slot.decide.cut_s[:], slot.decide.cut_request[:], slot.decide.cut_limit[:] = T - 1801, 3.0, 6.0
    assert only(urgent(slot, throttled=0.5)).action == "urgent_up"


def test_the_slow_path_waits_for_the_outcome_of_the_urgent() -> None:
    slot = slot_of()
    assert urgent(slot, NOW - 60, oom_kills=1).commands
    assert close(slot) == Verdicts()


def test_only_the_rows_in_distress_are_decided() -> None:
    slot = slot_of(4)
    decision = only(urgent(slot, oom_kills=1, row=2))
    assert decision.container == "shop/web/w2/app"
    assert slot.decide.pending_id.astype(bool).tolist() == [False, False, True, False]
