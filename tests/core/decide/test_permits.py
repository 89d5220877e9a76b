"""Windows, restarts and consent. The slot of `build` would be cut from 1 core to 0.5; NOW is 1970-01-02 09:20 UTC."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.core.decide import Verdicts, approve
from engine.core.decide.permits import note_restart, restarts_today
from engine.core.state import SlotState
from engine.messages import Decision, Window
from engine.units import GIB
from tests.core.decide.build import CONTEXT, NOW, close, slot_of, urgent

OPEN = Window(from_="09:00", to="10:00", time_zone="UTC")
SHUT = Window(from_="10:00", to="11:00", time_zone="UTC")
RAISE: dict[str, Any] = {"p95": 1.5, "peak": 0.9}


def only(verdicts: Verdicts) -> Decision:
    [decision] = verdicts.decisions
    return decision


def windowed(slot: SlotState, window: Window) -> SlotState:
    slot.window_sets = [[window]]
    slot.placement.windows[:] = 0
    return slot


def restarting(slot: SlotState, window: Window | None = None) -> SlotState:
    slot.placement.in_place[:] = False
    return slot if window is None else windowed(slot, window)


def told(slot: SlotState) -> tuple[str, str, str]:
    decision = only(close(slot))
    return decision.action, decision.reason, decision.disposition


def test_what_is_in_place_needs_no_window() -> None:
    assert told(windowed(slot_of(), SHUT)) == ("resize_down", "demand_below_request", "commanded")


def test_cuts_wait_for_a_window_if_the_policy_says_so() -> None:
    for window, expected in ((SHUT, ("hold", "outside_window", "none")),
                             (OPEN, ("resize_down", "demand_below_request", "commanded"))):  # fmt: skip
        slot = windowed(slot_of(), window)
        slot.placement.cuts_in_windows[:] = True
        assert told(slot) == expected


def test_a_window_is_open_as_long_as_the_command_is_valid() -> None:
    """The slot closes at NOW + 60, 09:21; a command of it is valid until 09:31."""
    for end, expected in (("09:31", "none"), ("09:32", "commanded")):
        slot = restarting(slot_of(), Window(from_="09:00", to=end, time_zone="UTC"))
        assert told(slot)[2] == expected


def test_raises_do_not_wait_where_they_are_in_place() -> None:
    slot = windowed(slot_of(**RAISE), SHUT)
    slot.placement.cuts_in_windows[:] = True
    assert told(slot) == ("resize_up", "demand_above_request", "commanded")


def test_a_raise_with_a_cut_outside_of_the_window_is_the_raise_alone() -> None:
    slot = windowed(slot_of(p95=(1.5, 0.5)), SHUT)
    slot.placement.cuts_in_windows[:] = True
    decision = only(close(slot))
    assert (decision.target.cpu_request, decision.target.memory_request) == (1.5, GIB)


@pytest.mark.parametrize("wants", [{}, RAISE])
def test_what_restarts_waits_for_its_window(wants: dict[str, Any]) -> None:
    assert told(restarting(slot_of(**wants), SHUT)) == ("hold", "outside_window", "none")
    assert told(restarting(slot_of(**wants), OPEN))[2] == "commanded"
    assert told(restarting(slot_of(**wants)))[2] == "commanded"  # no windows: always


@pytest.mark.parametrize(
    ("begin", "end", "disposition"),
    [(-np.inf, NOW, "none"), (NOW + 100, np.inf, "none"), (NOW, NOW + 600, "none"), (NOW, NOW + 660, "commanded")],
)
def test_restarts_are_made_within_their_time(begin: float, end: float, disposition: str) -> None:
    slot = restarting(slot_of())
    slot.placement.restart_from_s[:], slot.placement.restart_until_s[:] = begin, end
    assert told(slot)[2] == disposition


def test_as_many_restarts_a_day_as_the_policy_allows() -> None:
    slot = restarting(slot_of())
    slot.placement.restarts_a_day[:] = 2
    note_restart(slot, 0, NOW - 7200)
    assert told(slot)[2] == "commanded"
    slot = restarting(slot_of())
    slot.placement.restarts_a_day[:] = 2
    note_restart(slot, 0, NOW - 7200)
    note_restart(slot, 0, NOW - 3600)
    assert told(slot) == ("hold", "restarts_used_up", "none")
    rows = np.array([0])
    assert [int(restarts_today(slot.decide, rows, time_s)[0]) for time_s in (NOW, 2 * 86_400.0)] == [2, 0]


def test_changes_in_place_are_no_restarts() -> None:
    slot = slot_of()
    note_restart(slot, 0, NOW)
    assert slot.decide.restarts.tolist() == [0]


def test_a_protected_container_is_cut_by_approval_only() -> None:
    slot = slot_of()
    slot.placement.protected[:] = True
    decision = only(close(slot))
    assert (decision.action, decision.reason, decision.disposition) == ("resize_down", "protected", "recommended")
    assert decision.text.startswith("Less would do; the container is protected")
    verdicts = approve(slot, "shop/web/w0/app", decision.id, NOW + 90, CONTEXT)
    assert [command.target for command in verdicts.commands] == [decision.target]


def test_a_protected_container_is_raised_and_the_cut_beside_it_left_out() -> None:
    slot = slot_of(p95=(1.5, 0.5))
    slot.placement.protected[:] = True
    decision = only(close(slot))
    assert (decision.action, decision.disposition) == ("resize_up", "commanded")
    assert (decision.target.cpu_request, decision.target.memory_request) == (1.5, GIB)


@pytest.mark.parametrize("wants", [{}, RAISE])
def test_restarts_that_are_not_allowed_are_left_to_people(wants: dict[str, Any]) -> None:
    slot = restarting(slot_of(**wants))
    slot.placement.restart_allowed[:] = False
    decision = only(close(slot))
    assert (decision.reason, decision.disposition) == ("restart_not_allowed", "recommended")
    assert approve(slot, "shop/web/w0/app", decision.id, NOW + 90, CONTEXT).commands
    slot = slot_of(**wants)  # in place there is nothing to allow
    slot.placement.restart_allowed[:] = False
    assert told(slot)[2] == "commanded"


def test_an_urgent_raise_outside_of_the_window_is_left_to_people() -> None:
    """And not said again for an hour, as what is not commanded."""
    slot = restarting(slot_of(), SHUT)
    decision = only(urgent(slot, oom_kills=1))
    assert (decision.action, decision.reason, decision.disposition) == ("urgent_up", "oom_kill", "recommended")
    assert urgent(slot, time_s=NOW + 300, oom_kills=1) == Verdicts()
    assert only(urgent(restarting(slot_of(), OPEN), oom_kills=1)).disposition == "commanded"
    assert only(urgent(windowed(slot_of(), SHUT), oom_kills=1)).disposition == "commanded"


def test_a_cut_that_went_wrong_is_taken_back_at_any_time() -> None:
    slot = restarting(slot_of(), SHUT)
    slot.decide.cut_s[:], slot.decide.cut_request[:], slot.decide.cut_limit[:] = NOW, 2 * GIB, 4 * GIB
    slot.placement.restarts_a_day[:] = 0
    decision = only(urgent(slot, oom_kills=1))
    assert (decision.action, decision.disposition) == ("rollback", "commanded")
    slot.decide.pending_until_s[:] = 0.0
    slot.placement.restart_allowed[:] = False  # but not where a person has to allow each restart
    slot.decide.cut_s[:] = NOW
    assert only(urgent(slot, time_s=NOW + 90, oom_kills=1)).disposition == "recommended"
