from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.forecast import ForecastRows
from engine.core.forecast.history import half_hour_of, half_hours, last_buckets
from engine.core.forecast.state import HALF_HOURS, RECENT
from engine.core.rows import Array
from tests.core.forecast.feeding import DAY, START, copied, feed, same

jumps = st.sampled_from([1, 1, 1, 2, 7, 13, 40, 290, 10 * DAY])
CPU_OF_FIRST = (np.array([0]), np.array([0]))


def _one_series(values: list[float]) -> Array:
    """[buckets, 1, 2], memory missing."""
    return np.stack([np.array(values), np.full(len(values), np.nan)], axis=-1)[:, None]


def test_half_hours_by_hand() -> None:
    # buckets START+1 .. START+6 are a half-hour; two of its samples are missing
    rows = feed(ForecastRows.empty(1), START + 1, _one_series([2, np.nan, 4, np.nan, 8, 10, 5]))
    first = half_hour_of(START + 1)
    got = half_hours(rows, CPU_OF_FIRST, first + np.array([-1, 0, 1, 2]))
    np.testing.assert_array_equal(got[0], np.array([np.nan, 6, 5, np.nan], np.float32))
    np.testing.assert_array_equal(last_buckets(rows, CPU_OF_FIRST, START + 7, 4)[0], [5, 10, 8, np.nan])
    assert rows.buckets_seen.tolist() == [[5, 0]]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(jumps, st.integers(1, 99)), min_size=2, max_size=60))
def test_rings_hold_what_a_plain_dictionary_would(steps: list[tuple[int, int]]) -> None:
    rows, seen, bucket = ForecastRows.empty(1), dict[int, float](), START
    for jump, value in steps:
        bucket += jump
        feed(rows, bucket, _one_series([value]))
        seen[bucket] = value
    recent = [seen.get(bucket - age, np.nan) for age in range(RECENT)]
    np.testing.assert_array_equal(last_buckets(rows, CPU_OF_FIRST, bucket, RECENT)[0], recent)
    blocks = half_hour_of(bucket) - np.arange(HALF_HOURS)
    members = [[seen[b] for b in range(6 * k + 1, 6 * k + 7) if b in seen] for k in blocks]
    expected = [sum(m) / len(m) if m else np.nan for m in members]
    np.testing.assert_allclose(half_hours(rows, CPU_OF_FIRST, blocks)[0], expected, rtol=1e-3)


def test_what_is_not_newer_is_ignored() -> None:
    rows = feed(ForecastRows.empty(1), START, _one_series([1, 2, 3]))
    before = copied(rows)
    feed(rows, START, _one_series([7, 8, 9]))
    assert same(rows, before)
