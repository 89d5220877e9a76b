"""Open buckets: what a bucket comes to, whatever the order in which its samples come."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.rows import Array
from engine.core.window import WindowRows, add, bucket_of, close

NONE = float("nan")


def one(window: WindowRows, time_s: float, cpu: float, memory: float = NONE, fresh: bool = True) -> bool:
    value = np.array([[cpu, memory]])
    return bool(add(window, np.array([0]), np.array([time_s]), value, np.array([fresh]))[0])


@pytest.mark.parametrize(("time_s", "bucket"), [(0.0, 1), (299.9, 1), (300.0, 2), (599.0, 2), (600.0, 3)])
def test_a_bucket_holds_the_five_minutes_before_its_end(time_s: float, bucket: int) -> None:
    assert bucket_of(np.array([time_s]))[0] == bucket


def test_mean_and_peak_by_hand() -> None:
    # |0 ----- 15 ----- 30 ----- 300|  bucket 1
    #  0.1     0.2      0.6             mean 0.3, peak 0.6
    window = WindowRows.empty(1)
    for time_s, cpu in ((0.0, 0.1), (15.0, 0.2), (30.0, 0.6)):
        assert one(window, time_s, cpu)
    closed = close(window, 1)
    assert closed is not None
    assert closed.mean[0, 0] == pytest.approx(0.3)
    assert closed.peak[0, 0] == pytest.approx(0.6)
    assert np.isnan(closed.mean[0, 1])
    assert close(window, 1) is None


def test_a_sample_at_the_same_second_is_the_same_sample() -> None:
    window = WindowRows.empty(1)
    assert one(window, 15.0, 1.0)
    assert not one(window, 15.0, 1.0)
    assert not one(window, 15.7, 3.0)
    closed = close(window, 1)
    assert closed is not None
    assert closed.mean[0, 0] == 1.0


def test_two_buckets_are_open_at_once() -> None:
    window = WindowRows.empty(1)
    one(window, 290.0, 1.0)
    one(window, 310.0, 3.0)
    first, second = close(window, 1), close(window, 2)
    assert first is not None
    assert second is not None
    assert (first.mean[0, 0], second.mean[0, 0]) == (1.0, 3.0)


def test_fresh_needs_one_sample_that_was_not_stale() -> None:
    window = WindowRows.empty(1)
    one(window, 10.0, 1.0, fresh=False)
    one(window, 20.0, 1.0, fresh=True)
    closed = close(window, 1)
    assert closed is not None
    assert closed.fresh[0]
    one(window, 310.0, 1.0, fresh=False)
    stale = close(window, 2)
    assert stale is not None
    assert not stale.fresh[0]


samples = st.lists(
    st.tuples(st.integers(0, 299), st.floats(0, 64, width=32), st.floats(0, 2**40, width=32)),
    min_size=1,
    max_size=20,
    unique_by=lambda sample: sample[0],
)


def _fill(order: list[tuple[int, float, float]]) -> tuple[Array, ...]:
    window = WindowRows.empty(1)
    for second, cpu, memory in order:
        one(window, float(second), cpu, memory)
    last = (window.last_s.copy(), window.last.copy(), window.previous_s.copy(), window.previous.copy())
    closed = close(window, 1)
    assert closed is not None
    return (closed.mean, closed.peak, *last)


@given(samples, st.randoms(use_true_random=False))
def test_order_within_a_bucket_changes_nothing(order, random) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(order)
    random.shuffle(shuffled)
    for ours, theirs in zip(_fill(order), _fill(shuffled), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@given(samples, st.integers(0, 4))
def test_neighbours_change_nothing(order: list[tuple[int, float, float]], row: int) -> None:
    window = WindowRows.empty(5)
    rows = np.arange(5)
    for second, cpu, memory in order:
        value = np.tile([[1.5, 2.5]], (5, 1))
        value[row] = (cpu, memory)
        add(window, rows, np.full(5, float(second)), value, np.ones(5, dtype=bool))
    closed = close(window, 1)
    assert closed is not None
    np.testing.assert_array_equal(closed.mean[row], _fill(order)[0][0])
