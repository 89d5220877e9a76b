"""The highest sample of the next hours: the ring of hours, the pooled width, and what is tracked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.forecast import LEADS
from engine.core.forecast.compact import MISSING, decode, encode
from engine.core.forecast.evidence import Evidence
from engine.core.forecast.quantiles import ONE
from engine.core.forecast.state import HOUR
from engine.core.forecast.window_maximum import HOURS, WINDOWS, Tracked, due, forecast, hour_of, issue, learn, note
from engine.core.rows import Array
from tests.core.forecast.test_quantiles_calibration import evidence

quick = settings(max_examples=40, deadline=None)
seeds = st.integers(0, 10**6)
NONE = np.full((1, HOURS), MISSING, np.uint16)


def tracked(seed: int, rows: int, scale: float = 1.0) -> Tracked:
    rng = np.random.default_rng(seed)
    return Tracked(
        margins=rng.integers(-2 * ONE, 2 * ONE, (rows, 3, 4)).astype(np.int16),
        excess=encode(scale * rng.exponential(1, (rows, 3))),
        scored=rng.integers(0, 256, (rows, 3)).astype(np.uint8),
    )


def codes_of(seed: int, rows: int, scale: float = 1.0) -> Array:
    rng = np.random.default_rng(seed)
    highest = encode(scale * np.where(rng.random((rows, HOURS)) < 0.2, np.nan, rng.exponential(3, (rows, HOURS))))
    ratio = rng.uniform(0, 5, (rows, 3)).astype(np.float32)
    hour = rng.integers(0, 1000, rows)
    return forecast(evidence(seed, rows, LEADS, scale), ratio, highest, hour, tracked(seed, rows, scale))


@quick
@given(seeds)
def test_finite_non_negative_ordered_and_above_every_median(seed: int) -> None:
    got, p50 = issue(codes_of(seed, 20)), evidence(seed, 20).p50
    assert np.isfinite(got).all()
    assert (got >= 0).all()
    assert (np.diff(got, axis=-1) >= 0).all()
    for window, length in enumerate(WINDOWS):
        medians = p50[:, : LEADS.index(length) + 1].max(axis=1)
        assert (got[:, window, 0] >= medians * 0.998).all()


@quick
@given(seeds, st.integers(-20, 20))
def test_powers_of_two_scale_it_exactly(seed: int, power: int) -> None:
    one, other = issue(codes_of(seed, 10)), issue(codes_of(seed, 10, 2.0**power))
    np.testing.assert_array_equal(other, one * np.float32(2.0**power))


@quick
@given(seeds, st.permutations(range(7)))
def test_a_row_does_not_know_its_neighbours(seed: int, order: list[int]) -> None:
    rng, some = np.random.default_rng(seed), np.array(order)
    known, learned, hour = evidence(seed, 7), tracked(seed, 7), rng.integers(0, 99, 7)
    highest, ratio = encode(rng.exponential(3, (7, HOURS))), rng.uniform(0, 5, (7, 3)).astype(np.float32)
    codes, waited = forecast(known, ratio, highest, hour, learned), rng.random((7, 3)) < 0.5
    after = learn(learned, codes, highest, hour, waited)
    permuted = Evidence(**{name: getattr(known, name)[some] for name in Evidence.__slots__})
    theirs = Tracked(learned.margins[some], learned.excess[some], learned.scored[some])
    again = forecast(permuted, ratio[some], highest[some], hour[some], theirs)
    assert again.tobytes() == codes[some].tobytes()
    then = learn(theirs, again, highest[some], hour[some], waited[some])
    for name in Tracked.__slots__:
        assert getattr(then, name).tobytes() == getattr(after, name)[some].tobytes()


@quick
@given(seeds, st.integers(0, 11), st.integers(1, 40))
def test_the_ring_holds_the_maximum_of_each_of_the_last_four_hours(seed: int, phase: int, stride: int) -> None:
    """Whatever buckets are skipped: compared with all peaks kept."""
    rng, row = np.random.default_rng(seed), np.array([phase])
    ring, last, bucket, peaks = NONE, np.array([-1]), 5000, {}
    for _ in range(60):
        bucket += int(rng.integers(1, stride + 1))
        peaks[bucket] = float(decode(encode(rng.exponential(1, 1)))[0])
        ring, last = note(ring, last, bucket, np.array([peaks[bucket]], np.float32), row), np.array([bucket])
        now = int(hour_of(bucket, row)[0])
        for hour in range(now - 3, now + 1):
            inside = [peak for b, peak in peaks.items() if hour_of(b, row)[0] == hour]
            got = decode(ring)[0, hour % HOURS]
            assert got == max(inside) if inside else np.isnan(got)


@pytest.mark.parametrize("phase", [0, 7, 11])
def test_windows_follow_each_other_without_a_gap(phase: int) -> None:
    ends = [np.flatnonzero([due(bucket, np.array([phase]))[0, w] for bucket in range(2016)]) for w in range(3)]
    for end, length in zip(ends, WINDOWS, strict=True):
        assert (np.diff(end) == length).all()
        assert (end % HOUR == phase).all()
        assert len(end) == 2016 // length  # so that whole weeks later nothing changes


def test_learning_by_hand() -> None:
    """Highest median 10, widths .5 1 2 4: quantiles 10.5, 11, 12, 14. The first step is .2 + 1 / 6^.6 = .54126."""
    known = Tracked(np.zeros((1, 3, 4), np.int16), np.full((1, 3), MISSING, np.uint16), np.zeros((1, 3), np.uint8))
    codes = encode(np.tile(np.array([10, 0.5, 1, 2, 4], np.float32), (1, 3, 1)))
    ring = encode(np.array([[np.nan, 12.5, 9.5, 10.75]]))  # hours 4 (unseen), 5, 6, 7
    got = learn(known, codes, ring, np.array([7]), np.ones((1, 3), bool))
    assert got.scored.tolist() == [[1, 1, 0]]  # of the four hours one is unknown
    assert decode(got.excess[0, :2]) == pytest.approx([0.75, 0.75], rel=0.001)
    assert got.margins[0, 0] / ONE / 0.54126 == pytest.approx([0.5, -0.1, -0.05, -0.01], abs=4e-4)
    assert not got.margins[0, 2].any()
    unasked = learn(got, codes, ring, np.array([7]), np.zeros((1, 3), bool))
    assert all(getattr(unasked, name).tobytes() == getattr(got, name).tobytes() for name in Tracked.__slots__)
    older = learn(got, codes, ring, np.array([6]), np.ones((1, 3), bool))  # two hours' maximum 12.5
    assert (older.margins - got.margins)[0, 1, 2] > 0
    assert decode(older.excess[0, 1]) == pytest.approx((0.95 * 0.75 + 2.5) / 1.95, rel=0.002)


def test_what_is_stated_is_met() -> None:
    """Maxima that are an exponential amount above the median, for three weeks of hours."""
    rng, flat, none = np.random.default_rng(3), np.full((1, 5), 10, np.float32), np.zeros((1, 5), np.float32)
    seen = Evidence(flat, none + 1, none + 1, none + 1, none, none + 1, none + 1, none + 1)
    known = Tracked(np.zeros((1, 3, 4), np.int16), np.full((1, 3), MISSING, np.uint16), np.zeros((1, 3), np.uint8))
    beyond = []
    for hour in range(2500):
        codes = forecast(seen, np.ones((1, 3), np.float32), NONE, np.array([hour]), known)
        ring = encode(np.full((1, HOURS), 10 + rng.exponential(2)))
        beyond.append(decode(ring)[0, 0] > issue(codes)[0, 0])
        known = learn(known, codes, ring, np.array([hour]), np.ones((1, 3), bool))
    assert np.mean(beyond[300:], axis=0) == pytest.approx([0.5, 0.1, 0.05, 0.01], abs=0.006)
