from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.forecast import ForecastRows
from engine.core.forecast.history import HOURS, History, history, hour_of
from engine.core.forecast.state import HOUR, RECENT
from engine.core.rows import Array
from tests.core.forecast.feeding import DAY, START, copied, feed, same

NAN = np.nan
CPU_OF_FIRST = (np.array([0]), np.array([0]))
jumps = st.sampled_from([1, 1, 1, 2, 7, 11, 12, 13, 40, 290, 3 * DAY, 14 * DAY])


def _one_series(values: list[float]) -> Array:
    """[buckets, 1, 2], memory missing."""
    return np.stack([np.array(values), np.full(len(values), NAN)], axis=-1)[:, None]


def _past(rows: ForecastRows) -> History:
    """Of the CPU of the first row, in cores."""
    bucket, unit = int(rows.last_bucket[0, 0]), rows.unit[0, 0]
    past = history(rows, CPU_OF_FIRST, bucket)
    return History(bucket, past.buckets * unit, past.means * unit, past.marks * unit)


def test_by_hand() -> None:
    # The first hour ends with START + 12, whose bucket is its mark; two of its samples are there, and two of the next.
    rows = feed(ForecastRows.empty(1), START + 11, _one_series([2, 4, NAN, 8, 12]))
    past = _past(rows)
    np.testing.assert_array_equal(past.buckets[0, :6], [12, 8, NAN, 4, 2, NAN])
    np.testing.assert_array_equal(past.means[0, :3], [10, 3, NAN])
    np.testing.assert_array_equal(past.marks[0, :3], [NAN, 4, NAN])
    assert (past.buckets.shape, past.means.shape, past.marks.shape) == ((1, RECENT), (1, HOURS), (1, HOURS))
    assert rows.buckets_seen.tolist() == [[4, 0]]


def test_an_hour_is_closed_at_its_end() -> None:
    assert hour_of(np.array([START, START + 1, START + 12, START + 13])).tolist() == [
        START // 12 - 1, START // 12, START // 12, START // 12 + 1,
    ]  # fmt: skip


def test_amounts_are_in_units_of_the_first_positive_mean() -> None:
    rows = feed(ForecastRows.empty(1), START + 1, _one_series([0, 0, 0.25, 0.5, 0]))
    assert rows.unit.tolist() == [[0.25, 0]]
    past = history(rows, CPU_OF_FIRST, START + 5)
    assert past.buckets[0, :5].tolist() == [0, 2, 1, 0, 0]


@settings(max_examples=60)
@given(st.lists(st.tuples(jumps, st.integers(0, 99)), min_size=2, max_size=80))
def test_rings_hold_what_a_plain_dictionary_would(steps: list[tuple[int, int]]) -> None:
    rows, seen, bucket = ForecastRows.empty(1), dict[int, float](), START
    for jump, value in steps:
        bucket += jump
        feed(rows, bucket, _one_series([value]))
        seen[bucket] = value
    past, newest = _past(rows), int(hour_of(bucket))
    recent = [seen.get(bucket - age, NAN) for age in range(RECENT)]
    np.testing.assert_allclose(past.buckets[0], recent, rtol=1e-3)
    hours = [range(HOUR * hour + 1, HOUR * hour + 13) for hour in range(newest, newest - HOURS, -1)]
    members = [[seen[b] for b in hour if b in seen] for hour in hours]
    marks = [seen.get(hour[-1], NAN) for hour in hours]
    # of days that are over in a byte: amounts from 1/12 to 99 are half a step of 1.4 % off, and 16 bits twice
    np.testing.assert_allclose(past.means[0], [sum(m) / len(m) if m else NAN for m in members], rtol=0.02)
    np.testing.assert_allclose(past.marks[0], marks, rtol=0.02)


def test_what_is_not_newer_is_ignored() -> None:
    rows = feed(ForecastRows.empty(1), START, _one_series([1, 2, 3]))
    before = copied(rows)
    feed(rows, START, _one_series([7, 8, 9]))
    assert same(rows, before)
