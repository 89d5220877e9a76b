"""The loop through the whole fold: a cut is applied, the container suffers, and within one scrape the cut is back."""

from __future__ import annotations

import math

import pytest

from engine.core.effects import Effects
from engine.messages import Command
from engine.units import GIB
from tests.core.build import Log, applied, autopilot, declare, metrics, roster, specs

SCRAPE_S = 15.0
ONE = specs(1)


def until_a_cut() -> tuple[Log, Command, float]:
    """Idle at a tenth of its size, until auto-pilot cuts it."""
    log = Log()
    log.add(declare())
    log.add(autopilot("full"))
    for n in range(24 * 60):
        time_s = 60.0 * n
        if n % 10 == 0:
            log.add(roster(time_s, ONE))
        for command in log.add(metrics(time_s, ONE, [0.1], [GIB / 10])).commands:
            if command.action == "resize_down":
                return log, command, time_s
    pytest.fail("it was never cut")


def closed_loop(minutes: int) -> Log:
    """Four containers under auto-pilot, every command applied two seconds later; usage swings, some are killed."""
    log, four = Log(), specs(4)
    log.add(declare())
    log.add(autopilot("full"))
    log.add(roster(0.0, four))
    for n in range(minutes):
        time_s, swing = 60.0 * n, 0.2 + 0.1 * math.sin(n / 60)
        kills = [int(n % 400 == 399), 0, 0, 0]
        usage = [swing, swing * 3, 0.05, 0.9 if n % 300 < 20 else 0.3]
        told = log.add(metrics(time_s, four, usage, [GIB * one for one in usage], oom_kills=kills))
        for command in told.commands:
            log.add(applied(command, time_s + 2))
    return log


@pytest.mark.parametrize(
    ("oom_kills", "throttled", "reason"), [(1, 0.0, "oom_kill_after_cut"), (0, 0.6, "throttled_after_cut")]
)
def test_a_cut_is_taken_back_by_the_event_that_shows_the_harm(oom_kills: int, throttled: float, reason: str) -> None:
    log, cut, time_s = until_a_cut()
    log.add(applied(cut, time_s + 2))
    suffered_s = time_s + 2 + 5 * SCRAPE_S
    told: Effects = log.add(
        metrics(suffered_s, ONE, [0.1], [GIB / 10], oom_kills=[oom_kills], throttled=[throttled])
    )
    [decision], [command], [judgement] = told.decisions, told.commands, told.judgements
    assert (decision.action, decision.reason, decision.disposition) == ("rollback", reason, "commanded")
    # The same event, not a later one: nothing passes but the way of a message, far less than 30 s.
    assert decision.time_s == decision.sampled_s == command.time_s == suffered_s
    assert (judgement.id, judgement.right, judgement.judged_s) == (cut.id, False, suffered_s)
    resource = 1 if oom_kills else 0
    assert log.slot.decide.distrust[0, resource] == 1.0, "it is trusted less"
    before, after = cut.expected, command.target
    if oom_kills:
        assert (after.memory_request, after.memory_limit) == (before.memory_request, before.memory_limit)
    else:
        assert (after.cpu_request, after.cpu_limit) == (before.cpu_request, before.cpu_limit)


def test_a_kill_between_the_change_and_its_outcome_is_answered_with_the_outcome() -> None:
    log, cut, time_s = until_a_cut()
    assert log.add(metrics(time_s + SCRAPE_S, ONE, [0.1], [GIB / 10], oom_kills=[1])).commands == []
    told = log.add(applied(cut, time_s + 2))
    assert [decision.reason for decision in told.decisions] == ["oom_kill_after_cut"]
    assert [judgement.right for judgement in told.judgements] == [False]


def test_evictions_come_as_a_column_and_old_collectors_do_without() -> None:
    log, cut, time_s = until_a_cut()
    log.add(applied(cut, time_s + 2))
    event = metrics(time_s + 30, ONE, [0.1], [GIB / 10])
    assert (event.evictions, event.unschedulable) == (None, None)
    gone = metrics(time_s + 45, ONE, [None], [None], evictions=[1])
    [decision] = log.add(gone).decisions
    assert (decision.reason, decision.time_s) == ("evicted_after_cut", time_s + 45)
