"""Worked by eye: rows are containers, columns CPU cores and memory bytes."""

from __future__ import annotations

import numpy as np

from agents.simulated.usage import let_through

NAN = float("nan")


def test_cases_worked_by_hand() -> None:
    #                   within          throttled       killed          both            no limit        no sample
    demand = np.array([[1.0, 50.0], [4.0, 50.0], [1.0, 90.0], [2.0, 90.0], [9.0, 90.0], [NAN, NAN]])
    limit = np.array([[2.0, 80.0], [1.0, 80.0], [2.0, 80.0], [0.5, 80.0], [NAN, NAN], [2.0, 80.0]])
    usage, throttled, oom_kills = let_through(demand, limit)
    np.testing.assert_array_equal(usage, [[1, 50], [1, 50], [1, 80], [0.5, 80], [9, 90], [NAN, NAN]])
    np.testing.assert_array_equal(throttled, [0, 0.75, 0, 0.75, 0, 0])
    np.testing.assert_array_equal(oom_kills, [0, 0, 1, 1, 0, 0])


def test_a_limit_that_is_met_exactly_is_not_exceeded() -> None:
    at = np.array([[0.25, 64.0]])
    usage, throttled, oom_kills = let_through(at, at)
    assert usage.tolist() == at.tolist()
    assert (throttled[0], oom_kills[0]) == (0.0, 0)


def test_the_demand_is_not_changed_and_nobody_is_nobody() -> None:
    demand, limit = np.array([[4.0, 9.0]]), np.array([[1.0, 1.0]])
    let_through(demand, limit)
    assert demand.tolist() == [[4.0, 9.0]]
    usage, throttled, oom_kills = let_through(np.empty((0, 2)), np.empty((0, 2)))
    assert (usage.shape, throttled.shape, oom_kills.shape) == ((0, 2), (0,), (0,))
