"""Replicas to a row: a request must fit the one that needs most, and what nobody measured is nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.collector.sources.kubernetes.fold import NOTHING, Replica, fold, message
from agents.collector.sources.kubernetes.meter import Sample

M5, C5 = "m5.large", "c5.large"


def replica(time_s: float, cpu: float | None, memory: float | None, node_type: str = M5) -> Replica:
    return Replica(Sample(time_s, cpu, memory), node_type)


def test_the_largest_of_each_resource_and_the_sums() -> None:
    row = fold([replica(9.0, 0.2, 300.0), replica(10.0, 0.7, 100.0, C5), replica(8.0, None, 200.0)], M5)
    assert (row.cpu_max, row.memory_max) == (0.7, 300.0)
    assert row.cpu_sum == pytest.approx(0.9)
    assert row.memory_sum == 600.0
    assert (row.time_s, row.replicas, row.measured_on) == (10.0, 3, C5)


def test_nothing_of_nobody() -> None:
    assert fold([], M5) is NOTHING
    assert fold([replica(1.0, None, None)], M5).cpu_sum is None


def test_a_message_leaves_out_what_says_nothing() -> None:
    one = message("c", 0, "r", 10.0, [fold([replica(10.0, 0.1234567891, 7.6)], M5), NOTHING], {})
    assert (one.cpu_max, one.memory_max) == ([0.123456789, None], [8.0, None])
    absent = (one.cpu_sum, one.memory_sum, one.replicas, one.throttled, one.times_s, one.measured_on, one.oom_kills)
    assert absent == (None,) * 7
    pair = fold([replica(10.0, 0.1, 7.0), replica(9.0, 0.2, 8.0, C5)], M5)
    two = message("c", 0, "r", 12.0, [pair], {"restarts": [2]})
    assert (two.cpu_sum, two.memory_sum, two.replicas, two.times_s) == ([0.3], [15.0], [2], [10.0])
    assert (two.measured_on, two.restarts) == ([C5], [2])


amounts = st.one_of(st.none(), st.floats(0.0, 1e9))
replicas = st.lists(st.builds(replica, st.floats(0, 1e9), amounts, amounts, st.sampled_from([M5, C5, ""])), max_size=12)


@given(replicas, st.randoms(use_true_random=False))
def test_whatever_the_replicas(found: list[Replica], random: object) -> None:
    row = fold(found, M5)
    for most, total, values in (
        (row.cpu_max, row.cpu_sum, [r.sample.cpu for r in found if r.sample.cpu is not None]),
        (row.memory_max, row.memory_sum, [r.sample.memory for r in found if r.sample.memory is not None]),
    ):
        assert most == max(values, default=None)
        assert (total is None) == (not values)
        if total is not None and most is not None:
            assert most * (1 - 1e-9) <= total <= len(found) * most * (1 + 1e-9) + 1e-9
            assert total == pytest.approx(sum(values))
    assert row.replicas == len(found)
    random.shuffle(found)  # type: ignore[attr-defined]
    again = fold(found, M5)
    assert (again.cpu_max, again.memory_max, again.time_s) == (row.cpu_max, row.memory_max, row.time_s)
