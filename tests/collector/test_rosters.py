"""Containers to events of slots."""

from __future__ import annotations

import numpy as np

from agents.collector.rosters import Fleet, Usage, cells
from engine.codec import roster_hash
from engine.identity import slot_of
from engine.messages import Cluster, ContainerSpec, Size

NO_SIZE = Size()


def cluster(slots: int) -> Cluster:
    return Cluster(name="c", slots=slots, clock="replay", declared_s=0.0)


def specs(count: int, size: Size = NO_SIZE) -> list[ContainerSpec]:
    return [ContainerSpec(namespace="n", workload=f"w{i}", container="app", size=size) for i in range(count)]


def usage(count: int) -> Usage:
    """Row i uses i cores and 100 i bytes."""
    value = np.arange(count)[:, None] * np.array([1.0, 100.0])
    return Usage(value, np.zeros(count), np.zeros(count, np.int64))


def test_every_row_goes_to_its_slot_in_the_rosters_order() -> None:
    fleet = Fleet(cluster(3))
    fleet.arrange(specs(10), range(10))
    rosters = {roster.slot: roster for roster in fleet.rosters(0.0)}
    metrics = fleet.metrics(0.0, usage(10))
    assert set(rosters) == {0, 1, 2}
    for event in metrics:
        names = [spec.workload for spec in rosters[event.slot].containers]
        assert event.roster == rosters[event.slot].roster == roster_hash(rosters[event.slot].containers)
        assert event.cpu_max == [float(name[1:]) for name in names]
        assert event.memory_max == [100.0 * float(name[1:]) for name in names]
        assert all(slot_of("n", name, 3) == event.slot for name in names)
    assert sum(len(event.cpu_max) for event in metrics) == 10


def test_rosters_are_sent_on_change_and_every_ten_minutes() -> None:
    fleet = Fleet(cluster(1))
    fleet.arrange(specs(2), range(2))
    told = [len(fleet.rosters(time_s)) for time_s in (0.0, 300.0, 599.0, 600.0, 900.0)]
    assert told == [1, 0, 0, 1, 0]
    fleet.arrange(specs(2), range(2))
    assert fleet.rosters(901.0) == []
    fleet.arrange(specs(2, Size(cpu_request=1.0)), range(2))
    assert len(fleet.rosters(902.0)) == 1
    fleet.forget_sent()
    assert len(fleet.rosters(903.0)) == 1


def test_an_empty_slot_says_so_each_time_and_has_no_metrics() -> None:
    fleet = Fleet(cluster(2))
    (spec,) = specs(1)
    fleet.arrange([spec], [0])
    empty = 1 - slot_of("n", "w0", 2)
    for time_s in (0.0, 15.0):
        assert [r.containers for r in fleet.rosters(time_s) if r.slot == empty] == [[]]
    assert [event.slot for event in fleet.metrics(15.0, usage(1))] == [1 - empty]


def test_columns_that_say_nothing_are_left_out() -> None:
    fleet = Fleet(cluster(1))
    fleet.arrange(specs(2), range(2))
    (quiet,) = fleet.metrics(60.0, usage(2))
    assert (quiet.throttled, quiet.oom_kills, quiet.restarts, quiet.times_s) == (None, None, None, None)
    value = np.array([[0.1 + 0.2, 5.0], [np.nan, np.nan]])
    urgent = Usage(value, np.array([0.25, np.nan]), np.array([0, 1]), np.array([45.0, 60.0]))
    (loud,) = fleet.metrics(60.0, urgent)
    assert loud.cpu_max == [0.3, None]
    assert loud.throttled == [0.25, None]
    assert loud.oom_kills == loud.restarts == [0, 1]
    assert loud.times_s == [45.0, None]


def test_cells_are_rounded_and_none_where_there_is_no_value() -> None:
    assert cells(np.array([1.23456, np.nan]), 2) == [1.23, None]
    assert cells(np.array([1.0]), 0) == [1.0]
