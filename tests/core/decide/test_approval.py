"""Approvals: what stands is commanded, everything else is answered."""

from __future__ import annotations

import pytest

from engine.core.decide import approve
from engine.core.effects import Refused
from engine.core.state import SlotState
from tests.core.decide.build import BUCKET, CONTEXT, NOW, close, foresee, slot_of

APP = "shop/web/w0/app"


def offer() -> tuple[SlotState, str]:
    slot = slot_of(stage="recommend")
    [decision] = close(slot).decisions
    return slot, decision.id


def test_a_recommendation_that_stands_is_commanded_under_an_id_of_its_own() -> None:
    slot, wanted = offer()
    verdicts = approve(slot, APP, wanted, NOW + 90, CONTEXT)
    [decision], [command] = verdicts.decisions, verdicts.commands
    assert (decision.action, decision.disposition, decision.evidence.trigger) == (
        "resize_down", "commanded", "approval",
    )  # fmt: skip
    assert decision.target == command.target
    assert command.target.cpu_request == 0.5
    assert command.id == decision.id != wanted
    assert command.valid_until_s == NOW + 660
    assert slot.decide.pending_until_s[0] == NOW + 720
    again = approve(slot, APP, wanted, NOW + 91, CONTEXT)
    assert (again.decisions[0].reason, again.commands) == ("approval_superseded", [])


def test_it_stands_for_as_long_as_it_is_renewed() -> None:
    slot, wanted = offer()
    [expired] = approve(slot, APP, wanted, NOW + 661, CONTEXT).decisions
    assert (expired.action, expired.reason, expired.disposition) == ("hold", "approval_expired", "none")
    assert expired.text == f"Decision {wanted} was not commanded: It was valid until a time that has passed."
    slot.window.last_s[:] = NOW + 600
    assert close(slot, BUCKET + 2).decisions == []
    assert approve(slot, APP, wanted, NOW + 661, CONTEXT).commands


def test_it_falls_with_what_it_rests_on() -> None:
    slot, wanted = offer()
    foresee(slot, 1.0)
    close(slot, BUCKET + 1)
    assert approve(slot, APP, wanted, NOW + 400, CONTEXT).decisions[0].reason == "approval_superseded"


def test_a_freeze_and_a_command_under_way_stand_before_it() -> None:
    slot, wanted = offer()
    slot.placement.frozen[:] = True
    assert approve(slot, APP, wanted, NOW + 90, CONTEXT).decisions[0].reason == "frozen"
    slot.placement.frozen[:] = False
    slot.decide.pending_until_s[:] = NOW + 100
    assert approve(slot, APP, wanted, NOW + 90, CONTEXT).decisions[0].reason == "pending"


@pytest.mark.parametrize("wanted", ["", "not hexadecimal", "0000000000000000", "0123456789abcdef"])
def test_an_unknown_decision_is_answered(wanted: str) -> None:
    slot = slot_of()
    [answer] = approve(slot, APP, wanted, NOW + 90, CONTEXT).decisions
    assert (answer.reason, answer.current) == ("approval_superseded", answer.target)


def test_a_container_of_another_slot_is_refused() -> None:
    with pytest.raises(Refused, match="Expected a container of the slot"):
        approve(slot_of(), "shop/web/other/app", "0123456789abcdef", NOW, CONTEXT)
