"""Evictions and pods without a node, as evidence. Sizes as in `build`; what is applied is at T = NOW + 65 s."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.decide import Verdicts, decide_displaced
from engine.core.feedback import fold_outcome
from engine.core.state import SlotState
from engine.messages import Command, Size
from engine.units import GIB
from tests.core.build import applied
from tests.core.decide.build import BUCKET, CONTEXT, NOW, close, foresee, slot_of, urgent

MIB = 2.0**20
T = NOW + 65.0


def apply(slot: SlotState, command: Command, time_s: float = T) -> None:
    told = applied(command, time_s)
    fold_outcome(slot, told, CONTEXT)


def cut(**sizes: object) -> SlotState:
    slot = slot_of(**sizes)  # type: ignore[arg-type]
    apply(slot, close(slot).commands[0])
    return slot


def raised(p95: float = 1.5, **sizes: object) -> SlotState:
    """CPU and memory from 1 to 1.5 and 1.575, limits with them."""
    slot = slot_of(p95=p95, peak=0.9, **sizes)  # type: ignore[arg-type]
    [command] = close(slot).commands
    assert command.action == "resize_up"
    apply(slot, command)
    return slot


def displaced(slot: SlotState, time_s: float, evictions: int = 0, unschedulable: int = 0) -> Verdicts:
    one = np.array([0])
    return decide_displaced(slot, one, time_s, np.array([evictions]), np.array([unschedulable]), CONTEXT)


def test_an_eviction_soon_after_a_cut_takes_memory_back_and_costs_trust() -> None:
    slot = cut()
    verdicts = displaced(slot, T + 20, evictions=1)
    [decision], [command] = verdicts.decisions, verdicts.commands
    assert (decision.action, decision.reason, decision.evidence.trigger) == ("rollback", "evicted_after_cut", "evicted")
    assert (decision.time_s, decision.sampled_s) == (T + 20, T + 20)
    assert (command.target.memory_request, command.target.memory_limit) == (GIB, 2 * GIB)
    assert command.target.cpu_request == 0.5, "CPU has nothing to do with it"
    assert slot.decide.distrust[0].tolist() == [0.0, 1.0]
    assert decision.text.startswith("Evicted for want of memory soon after a cut of memory, which is taken back; ")
    assert slot.counters["evictions"] == 1


@pytest.mark.parametrize("after_s", [-1.0, 1801.0])
def test_an_eviction_at_another_time_is_distress_alone(after_s: float) -> None:
    slot = cut()
    assert displaced(slot, T + after_s, evictions=1) == Verdicts()
    assert slot.decide.distress_s[0].tolist() == [-np.inf, T + after_s]
    assert not slot.decide.distrust.any()


def test_an_eviction_makes_the_change_before_it_wrong() -> None:
    slot = cut()
    [judgement] = displaced(slot, T + 20, evictions=1).judgements
    assert judgement.right is False


def test_pods_without_a_node_soon_after_a_raise_bring_the_size_before_back() -> None:
    slot = raised()
    assert slot.placement.request[0, 0] > 1.0
    verdicts = displaced(slot, T + 25, unschedulable=2)
    [decision], [command], [judgement] = verdicts.decisions, verdicts.commands, verdicts.judgements
    assert (decision.action, decision.reason) == ("rollback", "unschedulable_after_raise")
    assert decision.evidence.trigger == "unschedulable"
    assert (decision.time_s, judgement.right, judgement.action) == (T + 25, False, "resize_up")
    target = command.target
    assert (target.cpu_request, target.cpu_limit) == (1.0, 2.0)
    assert (target.memory_request, target.memory_limit) == (GIB, 2 * GIB)
    assert slot.counters["unschedulable"] == 2


def test_then_nothing_is_raised_for_an_hour() -> None:
    slot = raised()
    [command] = displaced(slot, T + 25, unschedulable=1).commands
    apply(slot, command, T + 30)
    foresee(slot, 1.5, bucket=BUCKET + 1)
    held = close(slot, BUCKET + 1)
    assert (held.decisions[0].action, held.decisions[0].reason, held.commands) == ("hold", "refused_lately", [])
    assert urgent(slot, T + 600, throttled=0.5) == Verdicts()
    foresee(slot, 1.5, bucket=BUCKET + 13)
    slot.watermark_s = T + 25 + 3600
    assert close(slot, BUCKET + 12).commands


@pytest.mark.parametrize("after_s", [-1.0, 1801.0])
def test_a_raise_of_long_ago_is_not_the_cause(after_s: float) -> None:
    assert displaced(raised(), T + after_s, unschedulable=1) == Verdicts()


def test_a_cut_is_not_the_cause() -> None:
    assert displaced(cut(), T + 25, unschedulable=1) == Verdicts()


def test_what_people_have_changed_since_is_theirs() -> None:
    slot = raised()
    slot.placement.request[:, 0] += 0.5
    assert displaced(slot, T + 25, unschedulable=1) == Verdicts()


def test_the_floor_holds_when_a_raise_is_taken_back() -> None:
    slot = raised(floor=1.2)
    target = displaced(slot, T + 25, unschedulable=1).commands[0].target
    assert target.cpu_request == 1.2
    assert target.memory_request == 1.2 * GIB


def test_a_raise_to_the_floor_stays_and_says_so() -> None:
    slot = slot_of(p95=0.9, peak=0.9, floor=1.5)
    apply(slot, close(slot).commands[0])
    verdicts = displaced(slot, T + 25, unschedulable=1)
    assert (verdicts.decisions[0].action, verdicts.decisions[0].reason) == ("hold", "at_floor")
    assert verdicts.commands == []


def test_while_a_command_is_under_way_nothing_is_said() -> None:
    slot = slot_of()
    close(slot)
    assert displaced(slot, T, evictions=1, unschedulable=1) == Verdicts()


def test_a_raise_that_is_taken_back_keeps_the_qos_class() -> None:
    slot = raised(limit=1.0)
    assert slot.placement.request.tolist() == slot.placement.limit.tolist(), "Guaranteed"
    [command] = displaced(slot, T + 20, unschedulable=1).commands
    assert command.target == Size(1.0, 1.0, GIB, GIB)


def test_what_an_hpa_scales_on_by_now_is_not_taken_back() -> None:
    slot = raised()
    slot.placement.scaled[:] = [True, False]
    [command] = displaced(slot, T + 20, unschedulable=1).commands
    assert (command.target.cpu_request, command.target.memory_request) == (command.expected.cpu_request, GIB)
