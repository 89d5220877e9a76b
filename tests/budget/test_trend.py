"""The robust trend, and when it reaches a cap."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.budget.trend import LEAST_DAYS, Trend, trend


def of(*daily: float) -> Trend:
    found = trend(np.array(daily))
    assert found is not None
    return found


def test_a_straight_line() -> None:
    line = of(10, 12, 14, 16, 18)
    assert (line.days, line.slope, line.lower, line.upper, line.spread) == (5, 2, 2, 2, 0)
    assert line.level == 19, "the end of the last day is half a day after its middle"
    assert line.reaches(25) == (3, 3, 3)


def test_one_wild_day_of_seven_changes_little() -> None:
    line = of(10, 11, 12, 13, 99, 15, 16)
    assert line.slope == pytest.approx(1.0)
    assert line.level == pytest.approx(16.5)


def test_the_interval_of_the_slope_by_hand() -> None:
    # 4 days: 6 slopes, sorted -1 0 .33 .5 1 2 … of 0 1 1 1 it is 1 .5 .33 0 0 0; z sqrt(4·3·13/18) = 4.84: all but none
    line = of(0, 1, 1, 1)
    assert line.slope == pytest.approx((0 + 1 / 3) / 2)
    assert (line.lower, line.upper) == (0, 1)


def test_too_few_days_say_nothing() -> None:
    assert trend(np.arange(LEAST_DAYS - 1.0)) is None


def test_what_does_not_grow_reaches_nothing() -> None:
    assert of(5, 5, 5, 5).reaches(6) is None
    assert of(8, 7, 6, 5).reaches(6) is None


def test_nothing_is_said_of_what_is_further_ahead_than_twice_the_days_seen() -> None:
    line = of(10, 11, 12, 13)
    assert line.reaches(21.5) == (8, 8, 8)
    assert line.reaches(22) is None


def test_a_trend_that_may_be_none_has_no_latest_day() -> None:
    earliest, expected, latest = of(0, 1, 1, 1).reaches(2.0) or (0, 0, 0)
    assert earliest < expected < latest == inf


@settings(max_examples=60)
@given(st.lists(st.floats(0, 1e6), min_size=LEAST_DAYS, max_size=20), st.floats(0, 1e6))
def test_order_and_shift(daily: list[float], cap: float) -> None:
    line = of(*daily)
    assert line.lower <= line.slope <= line.upper
    days = line.reaches(cap)
    assert days is None or 0 <= days[0] <= days[1] <= days[2]
    again = of(*(value + 100.0 for value in daily))
    assert again.slope == pytest.approx(line.slope, abs=1e-6)
