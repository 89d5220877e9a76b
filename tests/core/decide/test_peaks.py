"""The ring of hourly peaks, with timelines. Hour h holds buckets 12 h + 1 .. 12 h + 12."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.core.decide.peaks import observe_peaks, peaks_over
from engine.core.decide.state import DecideRows
from engine.core.rows import Array

ONE = np.array([0])


def at(decide: DecideRows, hour: int, cpu: float, memory: float = np.nan, minute: int = 0) -> None:
    observe_peaks(decide, 12 * hour + 1 + minute // 5, np.array([[cpu, memory]]))


def over(decide: DecideRows, hour: int, hours: int) -> Array:
    highest: Array = peaks_over(decide, ONE, 12 * hour + 12, hours)[0]
    return highest


def test_the_present_hour_and_the_one_before_count() -> None:
    decide = DecideRows.empty(1)
    at(decide, 5, 0.5)
    at(decide, 6, 0.25)
    at(decide, 7, 0.125)
    np.testing.assert_array_equal(over(decide, 7, 2), [0.25, np.nan])
    np.testing.assert_array_equal(over(decide, 7, 24), [0.5, np.nan])


def test_an_hour_keeps_its_greatest_bucket() -> None:
    decide = DecideRows.empty(1)
    for minute, cpu in ((0, 0.25), (5, 0.75), (10, 0.5)):
        at(decide, 3, cpu, 64.0, minute)
    np.testing.assert_array_equal(over(decide, 3, 1), [0.75, 64.0])


def test_a_day_later_the_entry_is_gone() -> None:
    decide = DecideRows.empty(1)
    at(decide, 3, 0.75)
    at(decide, 26, 0.25)
    np.testing.assert_array_equal(over(decide, 26, 24), [0.75, np.nan])
    at(decide, 27, 0.25)  # the same place in the ring as hour 3
    np.testing.assert_array_equal(over(decide, 27, 24), [0.25, np.nan])


def test_silent_hours_leave_nothing_of_an_earlier_day() -> None:
    decide = DecideRows.empty(1)
    for hour in range(24):
        at(decide, hour, 1.0)
    at(decide, 40, 0.25)  # hours 24..39 were silent: of the first day only 17..23 are within 24 h
    np.testing.assert_array_equal(over(decide, 40, 17), [0.25, np.nan])
    np.testing.assert_array_equal(over(decide, 40, 24), [1.0, np.nan])
    np.testing.assert_array_equal(over(decide, 90, 24), [np.nan, np.nan])


def test_a_row_without_a_sample_stays_as_it_was() -> None:
    decide = DecideRows.empty(1)
    at(decide, 3, np.nan)
    assert decide.peaks_hour[0] == -1


@given(st.floats(0.0, 1e15), st.floats(0.0, 1e15))
def test_a_peak_is_never_kept_as_less_than_it_was(cpu: float, memory: float) -> None:
    decide = DecideRows.empty(1)
    at(decide, 3, cpu, memory)
    kept = over(decide, 3, 1)
    assert (kept >= [cpu, memory]).all()
    assert (kept <= np.maximum(np.array([cpu, memory]) * (1 + 2**-9), 2.0**-64)).all()
