"""Sizes that follow a stated risk at the end of each window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.core.context import Context
from engine.core.decide import count_above, decide_at_window
from engine.core.decide.parameters import SizingParameters
from engine.core.decide.proposals import Verdicts
from engine.core.nowcast import end_window, note
from engine.core.placement import STAGES
from engine.core.state import SlotState
from engine.messages import Stage
from engine.units import GIB
from tests.core.decide.build import BUCKET, CONTEXT, NOW, close, slot_of

RISK = replace(CONTEXT, sizing=SizingParameters(risk=(0.01, 0.001), cadence_s=300.0))
USUAL = np.array([[0.3, 0.3 * GIB]])


def windows(slot: SlotState, many: int, context: Context = RISK, last: int = BUCKET) -> Verdicts:
    """So many windows of five minutes with a sample a minute; what is decided at the last."""
    rng, rows = np.random.default_rng(7), np.arange(len(slot.containers))
    for window in range(last - many + 1, last + 1):
        for minute in range(5):
            value = USUAL * rng.lognormal(0, 0.05, (len(rows), 2))
            slot.window.last[rows], slot.window.last_s[rows] = value, window * 300.0 - 240.0 + 60 * minute
            note(slot.nowcast, rows, value)
            count_above(slot, rows, value, context.sizing)
        slot.watermark_s = window * 300.0
        ended = end_window(slot.nowcast, window, rows)
    return decide_at_window(slot, ended, context)


def test_a_request_follows_what_is_seen_to_come() -> None:
    (command,) = windows(slot_of(request=0.6), 40).commands
    assert command.action == "resize_down"
    assert command.target.cpu_request == pytest.approx(0.35, abs=0.05)
    assert command.time_s == NOW


def test_the_evidence_says_what_it_rests_on() -> None:
    (decision,) = windows(slot_of(request=0.6), 40).decisions
    peak = decision.evidence.cpu.next_peak
    assert peak is not None
    assert (peak.lead_s, peak.risk) == (300, 0.01)
    assert 0.25 < peak.p50 <= peak.p95 <= peak.p99 < 0.6
    assert f"p95 of the highest of the next 5 min is {peak.p95 * 1000:.0f} m" in decision.text


def test_what_is_too_small_is_raised_at_once() -> None:
    (command,) = windows(slot_of(request=0.2), 4).commands
    assert command.action == "resize_up"
    assert command.target.cpu_request is not None
    assert command.target.cpu_request > 0.3


def test_a_request_that_fits_stays() -> None:
    first = windows(slot_of(request=0.6), 40)
    fits = first.commands[0].target.cpu_request
    assert fits is not None
    memory = first.commands[0].target.memory_request
    assert memory is not None
    assert not windows(slot_of(request=(fits * 1.002, memory * 1.002 / GIB)), 40).commands


@pytest.mark.parametrize("stage", ["observe", "recommend", "up_only"])
def test_people_are_not_asked_every_five_minutes(stage: Stage) -> None:
    slot = slot_of(request=0.6, stage=stage)
    verdicts = windows(slot, 40)
    assert not verdicts.decisions
    assert [d.action for d in close(slot).decisions] == ["resize_down"], "by the hour, as ever"


def test_full_auto_pilot_is_not_decided_at_the_close_of_a_bucket_as_well() -> None:
    slot = slot_of(request=0.6)
    windows(slot, 40)
    slot.placement.risk[:] = 0.01
    assert not close(slot).decisions


def test_without_a_risk_a_window_decides_nothing() -> None:
    assert not windows(slot_of(request=0.6), 40, CONTEXT).decisions


def test_the_longer_cadence_decides_at_every_sixth_window() -> None:
    slow = replace(RISK, sizing=replace(RISK.sizing, cadence_s=1800.0))
    decided = {last: bool(windows(slot_of(request=0.6), 40, slow, last).commands) for last in range(396, 403)}
    assert [last for last, some in decided.items() if some] == [396, 402]


def test_more_risk_is_never_a_larger_request() -> None:
    found = []
    for risk in (0.001, 0.01, 0.1):
        context = replace(RISK, sizing=SizingParameters(risk=(risk, risk), cadence_s=300.0))
        found.append(windows(slot_of(request=2.0), 40, context).commands[0].target.cpu_request or 0.0)
    assert found == sorted(found, reverse=True)


def test_what_stands_recommended_counts_where_people_set_the_size() -> None:
    value = np.array([[0.5, 0.5 * GIB]])
    for stage, above in (("recommend", 1), ("full", 0)):
        slot = slot_of(request=1.0)
        slot.decide.published_request[:] = 0.4, 0.4 * GIB
        slot.placement.stage[:] = STAGES.index(stage)
        count_above(slot, np.array([0]), value, RISK.sizing)
        assert slot.decide.above.tolist() == [[above, above]]
