"""Buckets of a trace are those that the live window closes, bit for bit."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.backtest.buckets import Bucketed, bucketed
from engine.core.window import WindowRows, add, bucket_of, close
from engine.traces import Series

NAN = float("nan")
CORES = st.just(NAN) | st.floats(0, 1e6)
BYTES = st.just(NAN) | st.floats(0, 1e5) | st.integers(4096, 10**12).map(float)


def by_the_window(series: Series) -> Bucketed:
    """The same, sample by sample."""
    window, closed = WindowRows.empty(1), []
    buckets = bucket_of(series.time_s)
    for bucket in np.unique(buckets):
        for at in np.flatnonzero(buckets == bucket):
            if not np.isnan(series.value[at]).all():
                add(window, np.array([0]), series.time_s[[at]], series.value[[at]], np.array([True]))
        closed.append(close(window, int(bucket)))
    kept = [c for c in closed if c is not None]
    stacked = [np.array([getattr(c, name)[0] for c in kept]).reshape(-1, 2) for name in ("mean", "peak")]
    ones, none = np.ones(2), np.zeros(2, np.int64)
    return Bucketed(series.name, np.array([c.bucket for c in kept]), stacked[0], stacked[1], ones, none)


@given(st.lists(st.tuples(st.floats(0.25, 400), CORES, BYTES), min_size=1, max_size=40))
def test_as_the_window(rows: list[tuple[float, float, float]]) -> None:
    steps, cpu, memory = zip((60.0, 1.0, 4096.0), *rows, strict=True)  # cores and bytes from the first on
    series = Series("a", np.cumsum(steps), np.array([cpu, memory], dtype=np.float64).T)
    ours, live = bucketed(series), by_the_window(series)
    assert ours.bucket.tolist() == live.bucket.tolist()
    np.testing.assert_array_equal(ours.mean, live.mean)
    np.testing.assert_array_equal(ours.peak, live.peak)


def test_a_bucket_is_named_by_its_end_and_a_gap_stays_a_gap() -> None:
    time_s = np.array([0.0, 60.0, 299.9, 300.0, 1200.0])
    got = bucketed(Series("a", time_s, np.array([[1.0, NAN], [2.0, NAN], [6.0, NAN], [4.0, NAN], [NAN, 8192.0]])))
    assert got.bucket.tolist() == [1, 2, 5]
    np.testing.assert_array_equal(got.mean, [[3.0, NAN], [4.0, NAN], [NAN, 8192.0]])
    np.testing.assert_array_equal(got.peak, [[6.0, NAN], [4.0, NAN], [NAN, 8192.0]])
    cpu, memory = got.series(0), got.series(1)
    assert cpu is not None
    assert memory is not None
    assert (cpu.first, cpu.mean.tolist()) == (1, [3.0, 4.0])
    assert (memory.first, memory.mean.tolist()) == (5, [8192.0])


def test_memory_as_a_share_of_a_machine_keeps_its_digits() -> None:
    share = np.array([0.0, 0.25, 0.125001, 0.875])
    series = Series("a", np.linspace(0, 900, 4), np.stack([share, share], axis=1))
    got = bucketed(series)
    assert got.scale.tolist() == [1.0, 2.0**32]
    memory = got.series(1)
    assert memory is not None
    np.testing.assert_allclose(memory.mean, share, rtol=1e-6)


def test_amounts_beyond_any_container_are_left_out_and_counted() -> None:
    series = Series("a", np.linspace(0, 600, 3), np.array([[1.0, 5000.0], [2e6, 5000.0], [3.0, 1e18]]))
    got = bucketed(series)
    np.testing.assert_array_equal(got.mean, [[1.0, 5000.0], [NAN, 5000.0], [3.0, NAN]])
    assert got.refused.tolist() == [1, 1]


def test_a_series_without_a_value() -> None:
    got = bucketed(Series("a", np.array([0.0]), np.array([[NAN, NAN]])))
    assert got.bucket.tolist() == []
    assert got.series(0) is None
