"""The replay against a real simulated cluster: demand, sizes, rosters, position."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agents.collector.source import Scrape
from agents.collector.sources.replay import ENDED, POSITION, ReplaySource, specs_of
from agents.simulated.cluster import SimulatedCluster
from engine.messages import Cluster, Metrics, Roster, Size
from engine.traces import Series

MIB = 2.0**20
NAME = "c/team-a/web/app"


def series(name: str, cpu: list[float], first_s: float = 0.0, memory: float = np.nan) -> Series:
    return Series(name, first_s + 300.0 * np.arange(len(cpu), dtype=np.float64), np.array([[c, memory] for c in cpu]))


@pytest.fixture
def simulated(tmp_path: Path) -> SimulatedCluster:
    return SimulatedCluster(tmp_path / "cluster.sqlite")


def replay(trace: list[Series], simulated: SimulatedCluster, done: int = 0, slots: int = 1) -> ReplaySource:
    cluster = Cluster(name="c", slots=slots, clock="replay", declared_s=0.0)
    return ReplaySource(trace, cluster, simulated, 300.0, "origin", done)


def all_of(source: ReplaySource) -> list[Scrape]:
    scrapes = []
    while source.next_s() is not None:
        scrapes.append(source.take())
    return scrapes


def rosters(scrape: Scrape) -> list[Roster]:
    return [event for event in scrape.events if isinstance(event, Roster)]


def metrics(scrape: Scrape) -> Metrics:
    (event,) = [event for event in scrape.events if isinstance(event, Metrics)]
    return event


def test_series_become_containers_of_two_namespaces() -> None:
    found = [(s.namespace, s.workload, s.container) for s in specs_of([series(n, [1]) for n in ("A_1", "a 1", "b")])]
    assert found == [("team-a", "a-1", "app"), ("team-b", "a-1-2", "app"), ("team-a", "b", "app")]


def test_demand_meets_the_assumed_limits(simulated: SimulatedCluster) -> None:
    """Request 1 core by the first hour, so limit 2: the demand of 4 cores after it is throttled to a half."""
    source = replay([series("web", [1.0] * 12 + [4.0], memory=100 * MIB)], simulated)
    scrapes = all_of(source)
    (first,) = rosters(scrapes[0])
    assert first.containers[0].size == Size(1.0, 2.0, 112 * MIB, 168 * MIB)
    assert (first.containers[0].assumed, first.containers[0].node_type) == (True, "m5.large")
    assert metrics(scrapes[0]).cpu_max == [1.0]
    assert metrics(scrapes[0]).throttled is None
    assert (metrics(scrapes[12]).cpu_max, metrics(scrapes[12]).throttled) == ([2.0], [0.5])
    assert metrics(scrapes[12]).memory_max == [100 * MIB]


def test_memory_over_its_limit_is_an_oom_kill_and_a_restart(simulated: SimulatedCluster) -> None:
    trace = [Series("web", np.array([0.0, 3600.0]), np.array([[1.0, 64 * MIB], [1.0, 200 * MIB]]))]
    killed = metrics(all_of(replay(trace, simulated))[1])
    assert (killed.memory_max, killed.oom_kills, killed.restarts) == ([96 * MIB], [1], [1])


def test_an_executors_write_gives_a_new_roster_before_the_metrics(simulated: SimulatedCluster) -> None:
    source = replay([series("web", [1.0] * 4)], simulated)
    before = source.take()
    assert simulated.clock() == 0.0
    simulated.write(NAME, "x", Size(cpu_request=0.2, cpu_limit=0.4))
    after = source.take()
    assert [type(event) for event in after.events] == [Roster, Metrics]
    assert rosters(after)[0].containers[0].size == Size(cpu_request=0.2, cpu_limit=0.4)
    assert metrics(after).roster == rosters(after)[0].roster != rosters(before)[0].roster
    assert metrics(after).cpu_max == [0.4]
    assert simulated.clock() == 300.0


def test_people_do_not_touch_what_an_executor_has_written(simulated: SimulatedCluster) -> None:
    trace = [series("web", [1.0] * 300), series("other", [1.0] * 20 + [5.0] * 280)]
    source = replay(trace, simulated)
    source.take()
    simulated.write(NAME, "x", Size(cpu_request=0.2, cpu_limit=0.4))
    all_of(source)
    assert simulated.current(NAME) == Size(cpu_request=0.2, cpu_limit=0.4)
    assert simulated.current("c/team-b/other/app") == Size(5.0, 10.0)


def test_a_container_appears_with_its_first_sample(simulated: SimulatedCluster) -> None:
    scrapes = all_of(replay([series("web", [1.0] * 3), series("late", [1.0], first_s=600.0)], simulated))
    assert [len(metrics(scrape).cpu_max) for scrape in scrapes[:3]] == [1, 1, 2]
    assert len(rosters(scrapes[2])[0].containers) == 2


def test_gaps_stay_missing(simulated: SimulatedCluster) -> None:
    scrapes = all_of(replay([series("web", [1.0] * 4), series("other", [1.0, np.nan])], simulated))
    assert [metrics(scrape).cpu_max for scrape in scrapes[:3]] == [[1.0, 1.0], [1.0, None], [1.0, None]]


def test_last_rosters_close_the_last_bucket(simulated: SimulatedCluster) -> None:
    source = replay([series("web", [1.0, 1.0])], simulated, slots=4)
    scrapes = all_of(source)
    assert [type(event) for event in scrapes[-1].events] == [Roster] * 4
    assert {event.time_s for event in scrapes[-1].events} == {900.0}
    assert scrapes[-1].facts[POSITION] == ENDED
    assert source.next_s() is None


@pytest.mark.parametrize("done", [1, 7, 13, 300])
def test_goes_on_where_it_was_stopped(tmp_path: Path, done: int) -> None:
    trace = [series("web", list(np.linspace(1, 3, 301))), series("late", [2.0] * 5, first_s=1500.0)]
    whole = all_of(replay(trace, SimulatedCluster(tmp_path / "one.sqlite")))
    simulated = SimulatedCluster(tmp_path / "two.sqlite")
    first = replay(trace, simulated)
    stopped = [first.take() for _ in range(done)]
    position = stopped[-1].facts[POSITION]
    assert isinstance(position, int)
    second = replay(trace, simulated, position)
    assert second.reached_s == (done - 1) * 300.0
    rest = all_of(second)
    assert len(rosters(rest[0])) == 1  # told again, whether or not it was due
    assert [metrics(s) for s in stopped + rest[:-1]] == [metrics(s) for s in whole[:-1]]
    assert rest[-1] == whole[-1]


def test_a_replay_that_had_ended_has_nothing_left(simulated: SimulatedCluster) -> None:
    source = replay([series("web", [1.0, 1.0])], simulated, ENDED)
    assert source.next_s() is None
    assert source.reached_s == 900.0


def test_the_cluster_keeps_its_sizes_when_its_file_is_there_and_is_made_anew_when_not(tmp_path: Path) -> None:
    trace = [series("web", [1.0] * 10)]
    replay(trace, SimulatedCluster(tmp_path / "one.sqlite")).take()
    source = replay(trace, SimulatedCluster(tmp_path / "new.sqlite"), done=5)
    assert metrics(source.take()).cpu_max == [1.0]
