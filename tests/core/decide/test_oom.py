"""OOM kills and leaks: kills until a container runs, what is remembered of them, raises before a kill."""

from __future__ import annotations

from math import ceil, log2

import numpy as np
import pytest

from benchmarks.safety.kills import bumped, course
from engine.core.decide.oom import growth, note_kill, observe_need, oom_floor
from engine.core.decide.parameters import SizingParameters
from engine.core.decide.state import DecideRows
from engine.core.effects import Effects
from engine.core.forecast.compact import MISSING, encode
from engine.messages import ContainerSpec, Decision, Policy, Size
from engine.units import DAY_S, GIB
from tests.core.build import Log, declare, metrics, roster
from tests.core.decide.build import BUCKET, close, slot_of
from tests.core.decide.test_runs import applied

PARAMETERS = SizingParameters()
NOW = 100 * DAY_S


@pytest.mark.parametrize(("kind", "need"), [("start", 1.1), ("start", 5.0), ("burst", 3.0)])
def test_fewer_kills_than_by_a_constant_factor(kind: str, need: float) -> None:
    """After k kills the limit is at least 2^(k-1) times 1.2 of the first: log2 of what is needed, and one."""
    found = course(kind, need, 1.1)
    assert 1 <= len(found.kills) <= ceil(log2(need / 1.2)) + 2
    assert len(found.kills) <= bumped(need)[0]
    assert found.limit_at(found.kills[-1] + 60.0) <= 2.0 * need


def test_the_vpas_rule() -> None:
    assert bumped(1.1)[0] == 1
    kills, over = bumped(2.0)
    assert kills == 4
    assert over == pytest.approx(1.2**4 / 2)


def test_a_raise_is_not_for_ever() -> None:
    """A start that needed 1.1 GiB doubled the limit of 1 GiB; half a day later it is back, at what is needed."""
    found = course("start", 1.1, 0.6)
    assert len(found.kills) == 1
    assert found.limit_at(300.0) > 1.9
    assert 1.1 < found.limits[-1][1] < 1.3


def test_growth_is_the_rise_before_the_kill() -> None:
    low, limit = np.array([0.9, 0.5, 0.0, 1.2, np.nan, 0.9, 0.9]), np.array([1.0, 1.0, 1.0, 1.0, 1.0, np.nan, 1.0])
    again = np.array([False] * 6 + [True])
    assert growth(low, limit, again, PARAMETERS).tolist() == [1.2, 1.5, 2.0, 1.2, 1.2, 1.2, 2.0]


def test_what_was_needed_is_remembered_for_a_week() -> None:
    decide, rows, request, limit = DecideRows.empty(1), np.array([0]), np.full((1, 2), 1.0), np.full((1, 2), 2.0)

    def floor(time_s: float) -> float:
        return float(oom_floor(decide, rows, request * GIB, limit * GIB, time_s, PARAMETERS)[0, 1] / GIB)

    assert np.isnan(floor(NOW))
    decide.distress_s[:, 1] = NOW
    note_kill(decide, rows, np.array([1.0 * GIB]), PARAMETERS)
    assert floor(NOW) == pytest.approx(0.6, rel=2e-3)  # 1.2 GiB of limit, half of it requested
    observe_need(decide, NOW + 300, np.array([1.0 * GIB]), PARAMETERS)
    assert floor(NOW + 300) == pytest.approx(0.6, rel=2e-3)
    observe_need(decide, NOW + 600, np.array([1.6 * GIB]), PARAMETERS)
    assert floor(NOW + 600) == pytest.approx(0.84, rel=2e-3), "1.6 GiB and 5 % have been used since"
    assert np.isnan(floor(NOW + 7 * DAY_S + 1))
    observe_need(decide, NOW + 7 * DAY_S + 1, np.array([0.5 * GIB]), PARAMETERS)
    assert decide.oom_need[0] == MISSING


def test_a_kill_by_the_node_tells_nothing_of_a_limit() -> None:
    decide = DecideRows.empty(1)
    note_kill(decide, np.array([0]), np.array([np.nan]), PARAMETERS)
    assert decide.oom_need[0] == MISSING


@pytest.mark.parametrize(
    ("per_hour", "used", "action", "limit"),
    [
        (0.1, 0.9, "resize_up", 1.5),  # an hour is left; in six it will use 1.5 GiB
        (0.02, 0.97, "resize_up", 1.2),  # a fifth more at least
        (0.3, 0.7, "resize_up", 2.0),  # twice as much at most
        (0.05, 0.8, "hold", 1.0),  # four hours are left: it is told, and can wait
    ],
)
def test_a_leak_is_raised_when_little_time_is_left(per_hour: float, used: float, action: str, limit: float) -> None:
    """Guaranteed, 1 GiB; the forecast sees no more than now."""
    slot = slot_of(p95=(0.97, used), peak=(0.97, used), limit=1.0)
    ages = np.arange(36)
    amounts = (used - per_hour * ages / 12) * GIB
    slot.forecast.recent[0, 1, (BUCKET - 1 - ages) % 36] = encode(amounts / slot.forecast.unit[0, 1])
    decision = close(slot).decisions[0]
    assert decision.action == action
    assert decision.evidence.memory.time_to_limit_s == pytest.approx((1.0 - used) / per_hour * 3600, rel=0.2)
    assert decision.target.memory_limit == pytest.approx(limit * GIB, rel=0.02)
    assert decision.target.memory_request == decision.target.memory_limit
    if action == "resize_up":
        assert decision.reason == "leak"
        assert decision.text.startswith("Memory leaks")


def test_a_leak_is_raised_before_the_kill_and_says_so() -> None:
    """Guaranteed, 1 GiB; half of it is used, and from the third day on 30 MiB an hour more."""
    size = Size(cpu_request=0.1, cpu_limit=0.1, memory_request=GIB, memory_limit=GIB)
    spec = ContainerSpec(namespace="web", workload="w0", container="app", size=size, policy=Policy(autopilot="up_only"))
    log, decisions = Log(), list[Decision]()
    log.add(declare())
    log.add(roster(0.0, [spec]))

    def take(effects: Effects) -> None:
        decisions.extend(effects.decisions)
        for command in effects.commands:
            take(log.add(applied(command)))

    for time_s in np.arange(0.0, 4 * DAY_S, 300.0).tolist():
        used = GIB / 2 + max(time_s - 2 * DAY_S, 0.0) / 3600 * 30 * 2**20
        assert used < log.slot.placement.limit[0, 1]
        take(log.add(metrics(time_s, [spec], [0.05], [used])))
    leaks = [d for d in decisions if d.evidence.memory.time_to_limit_s is not None]
    assert leaks
    first = leaks[0]
    assert first.time_s > 2 * DAY_S
    assert any(d.target.memory_limit != d.current.memory_limit for d in decisions if d.disposition == "commanded")
    assert "at this rate its limit is reached in" in first.text
