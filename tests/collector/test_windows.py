"""A trace as scrapes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agents.collector.sources.windows import ROW_AGE_S, tick_of, windows
from engine.traces import Series


def series(name: str, *times: float) -> Series:
    """CPU is the time, memory its double: values say where they came from."""
    time_s = np.array(times, np.float64)
    return Series(name, time_s, np.stack([time_s, 2 * time_s], axis=1))


def test_aligned_series_share_their_scrapes() -> None:
    trace = [series("a", 0, 300, 900), series("b", 300, 600)]
    assert tick_of(trace, 0.0) == 300.0
    found = [(w.time_s, w.series.tolist(), w.value[:, 0].tolist()) for w in windows(trace, 300.0)]
    assert found == [
        (0.0, [0], [0.0]),
        (300.0, [0, 1], [300.0, 300.0]),
        (600.0, [1], [600.0]),
        (900.0, [0], [900.0]),
    ]


def test_ragged_series_get_windows_of_a_minute() -> None:
    trace = [series("a", 0, 300, 600), series("b", 45, 345)]
    assert tick_of(trace, 0.0) == 60.0
    found = [(w.time_s, w.series.tolist(), w.row_s.tolist()) for w in windows(trace, 60.0)]
    assert found == [(0.0, [0], [0.0]), (45.0, [1], [45.0]), (300.0, [0], [300.0]), (345.0, [1], [345.0]),
                     (600.0, [0], [600.0])]  # fmt: skip
    ((first, second),) = [list(windows([series("a", 10), series("b", 45)], 60.0))]
    assert (first.time_s, second.time_s) == (10.0, 45.0)  # ticks end at the first time: (-50, 10] and (10, 70]
    ((both,),) = [list(windows([series("a", 30), series("b", 45), series("c", 5)], 60.0))[1:]]
    assert (both.time_s, both.series.tolist(), both.row_s.tolist()) == (45.0, [0, 1], [30.0, 45.0])


def test_several_rows_of_a_series_within_a_tick_go_on_in_further_scrapes() -> None:
    found = [(w.time_s, w.series.tolist(), w.row_s.tolist()) for w in windows([series("a", 0, 10, 20, 40)], 60.0)]
    assert found == [(0.0, [0], [0.0]), (40.0, [0], [10.0]), (40.0, [0], [20.0]), (40.0, [0], [40.0])]


def test_tick_is_the_median_step_and_at_most_five_minutes() -> None:
    assert tick_of([series("a", 0, 15, 30, 60)], 0.0) == 15.0
    assert tick_of([series("a", 0, 3600, 7200)], 0.0) == 300.0
    assert tick_of([series("a", 0)], 0.0) == 300.0
    assert tick_of([series("a", 0, 60, 120)], 120.0) == 60.0  # rows at 0 and 60 do not fall together in ticks of 120


@given(
    st.lists(st.lists(st.integers(0, 2000), min_size=1, max_size=20).map(sorted), min_size=1, max_size=5),
    st.sampled_from([0.0, 15.0, 60.0, 300.0]),
)
def test_nothing_is_lost_and_every_scrape_is_a_valid_message(times: list[list[int]], wanted_s: float) -> None:
    trace = [series(str(number), *map(float, own)) for number, own in enumerate(times)]
    seen: list[tuple[int, float]] = []
    last_s = 0.0
    for window in windows(trace, tick_of(trace, wanted_s)):
        assert (window.row_s <= window.time_s).all()
        assert (window.row_s > window.time_s - ROW_AGE_S).all()
        assert len(np.unique(window.series)) == len(window.series)
        assert window.time_s >= last_s
        np.testing.assert_array_equal(window.value[:, 0], window.row_s)
        last_s = window.time_s
        seen += zip(window.series.tolist(), window.row_s.tolist(), strict=True)
    assert sorted(seen) == sorted((number, float(t)) for number, own in enumerate(times) for t in own)
