"""Outcomes: belief, savings, refusals, rollbacks."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.decide import Verdicts, savings
from engine.core.effects import Refused
from engine.core.feedback import fold_outcome
from engine.core.placement import size_of
from engine.core.state import SlotState
from engine.messages import Command, Outcome, OutcomeStatus, Size
from engine.units import GIB
from tests.core.decide.build import BUCKET, CONTEXT, NOW, close, slot_of, urgent

MIB = 2.0**20
T = NOW + 65.0


def outcome(
    command: Command, status: OutcomeStatus = "applied", reason: str = "", size: Size | None = None, time_s: float = T
) -> Outcome:
    return Outcome(
        cluster="shop", slot=0, sent_s=time_s, container=command.container, command_id=command.id, status=status,
        reason=reason, size=size, time_s=time_s,
    )  # fmt: skip


def commanded() -> tuple[SlotState, Command]:
    slot = slot_of()
    [command] = close(slot).commands
    return slot, command


def believed(slot: SlotState) -> Size:
    return size_of(slot.placement.request[0], slot.placement.limit[0])


def test_applied_is_believed_and_saves() -> None:
    slot, command = commanded()
    slot.placement.assumed[:] = True
    assert fold_outcome(slot, outcome(command), CONTEXT) == Verdicts()
    assert believed(slot) == command.target
    assert (slot.placement.outcome_s[0], slot.placement.assumed[0]) == (T, False)
    assert slot.decide.pending_id[0] == 0
    assert slot.decide.cut_request[0].tolist() == [1.0, GIB]
    realised, recommended = savings(slot)
    assert realised == pytest.approx(730 * (0.5 * 0.04 + 486 / 1024 * 0.005))
    assert recommended == 0.0
    assert close(slot, BUCKET + 1).decisions[0].reason == "within_band"


def test_what_the_executor_says_holds() -> None:
    slot, command = commanded()
    fold_outcome(slot, outcome(command, size=Size(0.7, 1.4, GIB, 2 * GIB)), CONTEXT)
    assert believed(slot) == Size(0.7, 1.4, GIB, 2 * GIB)
    assert slot.decide.cut_s[0].tolist() == [T, -np.inf], "memory was not cut"


def test_a_roster_between_the_change_and_its_outcome_does_not_hide_the_cut() -> None:
    slot, command = commanded()
    slot.placement.request[:] = slot.decide.pending_request
    slot.placement.limit[:] = slot.decide.pending_limit
    fold_outcome(slot, outcome(command, size=command.target), CONTEXT)
    assert slot.decide.baseline_request[0].tolist() == [1.0, GIB]
    assert slot.decide.cut_request[0].tolist() == [1.0, GIB]
    realised, _ = savings(slot)
    assert realised == pytest.approx(730 * (0.5 * 0.04 + 486 / 1024 * 0.005))


def test_told_twice_changes_nothing() -> None:
    slot, command = commanded()
    fold_outcome(slot, outcome(command), CONTEXT)
    before = {name: array.copy() for name, array in slot.decide.arrays().items()}
    fold_outcome(slot, outcome(command), CONTEXT)
    for name, array in slot.decide.arrays().items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)


def test_an_older_outcome_does_not_undo_a_newer_one() -> None:
    slot, command = commanded()
    fold_outcome(slot, outcome(command), CONTEXT)
    fold_outcome(slot, outcome(command, size=Size(9.0, 9.0, GIB, GIB), time_s=T - 1), CONTEXT)
    assert believed(slot) == command.target


def test_drifted_with_its_size_is_believed_at_once() -> None:
    slot, command = commanded()
    fold_outcome(slot, outcome(command, "refused", "drifted", Size(0.8, 1.6, GIB, 2 * GIB)), CONTEXT)
    assert believed(slot) == Size(0.8, 1.6, GIB, 2 * GIB)
    assert close(slot, BUCKET + 1).commands
    assert savings(slot)[0] == 0.0


@pytest.mark.parametrize(
    ("status", "reason", "waits_s"),
    [
        ("refused", "drifted", 660),
        ("refused", "unknown_container", 660),
        ("refused", "expired", 0),
        ("failed", "timeout", 60),
    ],
)
def test_the_next_command_waits(status: OutcomeStatus, reason: str, waits_s: float) -> None:
    slot, command = commanded()
    fold_outcome(slot, outcome(command, status, reason), CONTEXT)
    assert believed(slot) == command.expected
    slot.watermark_s = T + waits_s - 1 if waits_s else T
    if waits_s:
        assert close(slot).decisions[0].reason == "refused_lately"
        assert urgent(slot, T + waits_s - 1, oom_kills=1) == Verdicts()
    slot.watermark_s = T + waits_s
    assert close(slot).commands


def test_a_refusal_of_something_older_frees_nothing() -> None:
    slot, command = commanded()
    other = Outcome(
        cluster="shop", slot=0, sent_s=T, container=command.container, command_id="not hexadecimal", status="refused",
        reason="expired", time_s=T,
    )  # fmt: skip
    fold_outcome(slot, other, CONTEXT)
    assert slot.decide.pending_id[0] == int(command.id, 16)


def test_rollback_after_the_outcome() -> None:
    slot, command = commanded()
    fold_outcome(slot, outcome(command), CONTEXT)
    verdicts = urgent(slot, T + 30, oom_kills=1)
    assert verdicts.decisions[0].action == "rollback"
    target = verdicts.commands[0].target
    assert (target.memory_request, target.memory_limit) == (GIB, 2 * GIB)
    assert target.cpu_request == 0.5, "CPU did not suffer"


def test_rollback_when_the_outcome_comes_after_the_kill() -> None:
    # T: the cut is applied. T + 5: OOM kill, while the command is pending. Then the outcome arrives.
    slot, command = commanded()
    assert urgent(slot, T + 5, oom_kills=1) == Verdicts()
    verdicts = fold_outcome(slot, outcome(command), CONTEXT)
    [decision], [rollback] = verdicts.decisions, verdicts.commands
    assert (decision.action, decision.reason, decision.evidence.trigger) == (
        "rollback", "oom_kill_after_cut", "outcome",
    )  # fmt: skip
    assert (decision.time_s, rollback.target.memory_limit) == (T + 5, 2 * GIB)
    assert slot.decide.distrust[0].tolist() == [0.0, 1.0]


def test_distress_before_the_cut_is_not_its_fault() -> None:
    slot, command = commanded()
    slot.decide.distress_s[:] = T - 1
    assert fold_outcome(slot, outcome(command), CONTEXT) == Verdicts()


def test_after_a_rollback_cuts_are_slower_and_smaller() -> None:
    slot, command = commanded()
    fold_outcome(slot, outcome(command), CONTEXT)
    [rollback] = urgent(slot, T + 30, oom_kills=1).commands
    fold_outcome(slot, outcome(rollback, time_s=T + 35), CONTEXT)
    slot.watermark_s = T + 35 + 7100
    assert close(slot).decisions[0].reason == "cooling_down"
    slot.watermark_s = T + 35 + 7300
    target = close(slot).commands[0].target
    # Half of 1.2 times the limit of 1076 MiB at which it was killed: more than the 592 MiB that it is distrusted for.
    assert target.memory_request == pytest.approx(646 * MIB, rel=2e-3)
    slot.decide.oom_need[:] = 0
    slot.decide.pending_until_s[:] = -np.inf
    target = close(slot).commands[0].target
    assert target.memory_request == 592 * MIB  # 512 MiB · 1.05 · (1 + 0.1 · a little less than 1) = 591.3 MiB


def test_a_container_of_another_slot_is_refused() -> None:
    slot, command = commanded()
    other = Outcome(
        cluster="shop", slot=0, sent_s=T, container="shop/web/x/app", command_id=command.id, status="applied", time_s=T
    )
    with pytest.raises(Refused, match="Expected a container of the slot"):
        fold_outcome(slot, other, CONTEXT)
