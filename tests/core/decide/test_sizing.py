"""Steps, bounds and limits, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.decide.sizing import bounded, limits_for
from engine.core.rows import Array
from engine.core.steps import round_up

MIB = 2.0**20
NONE = np.full((1, 2), np.nan)


def size(cpu: float, mebibytes: float) -> Array:
    return np.array([[cpu, mebibytes * MIB]])


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (0.3, 0.3),  # 0.3 / 0.001 is 299.99999999999994
        (0.1 + 0.2, 0.3),  # 0.30000000000000004 is no step more
        (0.3001, 0.301),
        (0.0, 0.0),
        (1.2345, 1.235),
    ],
)
def test_cpu_is_rounded_up_to_the_decimal_that_people_write(amount: float, expected: float) -> None:
    assert round_up(size(amount, 0))[0, 0] == expected


def test_memory_is_rounded_up_to_mebibytes() -> None:
    np.testing.assert_array_equal(round_up(np.array([[0.1, 10 * MIB + 2048]])), size(0.1, 11))


def test_bounds_hold_and_the_ceiling_wins() -> None:
    np.testing.assert_array_equal(bounded(size(0.2, 5), size(0.5, 16), NONE), size(0.5, 16))
    np.testing.assert_array_equal(bounded(size(2.0, 500), NONE, size(1.5, 100)), size(1.5, 100))
    np.testing.assert_array_equal(bounded(size(1.0, 50), size(3.0, 200), size(2.0, 100)), size(2.0, 100))
    np.testing.assert_array_equal(bounded(size(0.2, 5), NONE, size(0.2005, 5)), size(0.2, 5))
    np.testing.assert_array_equal(bounded(size(0.2001, 5), NONE, size(0.2005, 5)), size(0.2005, 5))
    assert np.isnan(bounded(NONE, size(1, 1), size(2, 2))).all()


def test_limits_keep_their_ratio() -> None:
    np.testing.assert_array_equal(limits_for(size(0.5, 300), size(1.0, 100), size(1.5, 250)), size(0.75, 750))


def test_an_equal_limit_stays_equal_and_one_that_is_not_set_stays_so() -> None:
    np.testing.assert_array_equal(limits_for(size(0.301, 7), size(1.0, 100), size(1.0, 100)), size(0.301, 7))
    np.testing.assert_array_equal(limits_for(size(0.301, 7), size(1.0, 100), NONE), NONE)


def test_a_limit_without_a_request_gives_way_only_where_it_must() -> None:
    np.testing.assert_array_equal(limits_for(size(0.5, 300), NONE, size(1.0, 200)), size(1.0, 300))


def test_what_does_not_move_keeps_its_odd_limit() -> None:
    odd = np.array([[1.23456, 1234.5]])
    np.testing.assert_array_equal(limits_for(size(0.5, 300), size(0.5, 300), odd), odd)
