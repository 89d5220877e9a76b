"""The truth is pure and known; the source samples it."""

from __future__ import annotations

import numpy as np
import pytest

from agents.collector.message import samples_in
from agents.collector.source import GROUPS, Scrape
from agents.collector.sources.synthetic import SyntheticSource, name_of
from agents.collector.sources.truth import IDLE, Shape, truth, uniform, urgent, usage
from engine.identity import slot_of
from engine.messages import Cluster, Metrics, Roster

MONDAY_S = 1_704_067_200.0


def source(containers: int = 600, slots: int = 4, **options: float | bool | None) -> SyntheticSource:
    cluster = Cluster(name="c", slots=slots, clock="replay", declared_s=0.0)
    arguments = {"interval_s": 15.0, "seed": 1, "start_s": MONDAY_S, **options}
    return SyntheticSource([cluster], containers, **arguments)  # type: ignore[arg-type]


def all_of(source: SyntheticSource) -> list[Scrape]:
    scrapes = []
    while source.next_s() is not None:
        scrapes.append(source.take())
    return scrapes


def test_truth_does_not_depend_on_neighbours() -> None:
    together = usage(Shape.of(3, np.arange(50)), MONDAY_S + 1234.5)
    for container in (0, 17, 49):
        assert truth(3, container, MONDAY_S + 1234.5) == tuple(together[container])
    assert truth(4, 17, MONDAY_S) != truth(3, 17, MONDAY_S)


def test_uniform_is_uniform_and_fixed() -> None:
    draws = uniform(1, np.arange(100_000), 5)
    assert 0.0 <= draws.min() < 0.001
    assert 0.999 < draws.max() < 1.0
    np.testing.assert_allclose(np.histogram(draws, 10, (0, 1))[0], 10_000, rtol=0.05)
    assert abs(np.corrcoef(draws[:-1], draws[1:])[0, 1]) < 0.01


def test_seasons_weekends_and_idle_ones() -> None:
    shape = Shape.of(1, np.arange(2000))
    assert shape.idle.mean() == pytest.approx(IDLE, abs=0.03)
    day = np.mean([usage(shape, MONDAY_S + hour * 3600.0) for hour in range(24)], axis=0)
    saturday = np.mean([usage(shape, MONDAY_S + (120 + hour) * 3600.0) for hour in range(24)], axis=0)
    np.testing.assert_allclose(day[~shape.idle], shape.level[~shape.idle], rtol=0.08)
    np.testing.assert_allclose(saturday / day, 1.0 - shape.weekend, rtol=0.15)


def test_source_sends_the_truth_to_the_right_slots() -> None:
    scrapes = all_of(source(containers=40, end_s=MONDAY_S + 60.0))
    rosters: dict[tuple[int, str], Roster] = {}
    samples = 0
    for event in (event for scrape in scrapes for event in scrape.events):
        if isinstance(event, Roster):
            rosters[event.slot, event.roster] = event
            continue
        assert isinstance(event, Metrics)
        names = [spec.workload for spec in rosters[event.slot, event.roster].containers]
        samples += samples_in(event)
        for name, cpu, memory in zip(names, event.cpu_max, event.memory_max, strict=True):
            assert (cpu, memory) == pytest.approx(truth(1, int(name[2:]), event.time_s), abs=1.0)
            assert slot_of(name_of(int(name[2:]))[0], name, 4) == event.slot
    assert samples == 40 * 4


def test_scrapes_are_spread_over_the_interval_in_order() -> None:
    many = source(containers=3000, slots=30, end_s=MONDAY_S + 30.0)
    times = []
    while (time_s := many.next_s()) is not None:
        times.append(time_s)
        many.take()
    assert len(times) == 2 * GROUPS
    assert times == sorted(times)
    np.testing.assert_allclose(np.diff(times), 1.0)


def test_closing_rosters_come_ten_minutes_later_only_in_a_replay() -> None:
    live, replayed = (all_of(source(end_s=MONDAY_S + 15.0, closing=closing)) for closing in (False, True))
    assert len(replayed) == len(live) + 1
    assert {event.time_s for event in replayed[-1].events} == {live[-1].events[-1].time_s + 600.0}
    assert len(replayed[-1].events) == 4


def test_urgent_events_come_at_the_rate_asked_for() -> None:
    scrapes = all_of(source(containers=2000, end_s=MONDAY_S + 1800.0, urgent_per_minute=20.0))
    metrics = [event for scrape in scrapes for event in scrape.events if isinstance(event, Metrics)]
    kills = sum(sum(count or 0 for count in event.oom_kills or []) for event in metrics)
    throttled = sum(sum(share == 0.5 for share in event.throttled or []) for event in metrics)
    assert kills + throttled == pytest.approx(20 * 30, rel=0.2)
    assert kills == pytest.approx(throttled, rel=0.3)
    befallen = [urgent(1, np.arange(2000), event.time_s, 0.0025).sum() for event in metrics[:20]]
    assert sum(befallen) > 0


def test_overdue_scrapes_are_left_out() -> None:
    live = source(slots=3)
    live.take()
    assert live.skip_overdue(MONDAY_S + 15.0) == 0
    assert live.skip_overdue(MONDAY_S + 60.0) > 0
    next_s = live.next_s()
    assert next_s is not None
    assert MONDAY_S + 45.0 <= next_s <= MONDAY_S + 60.0
