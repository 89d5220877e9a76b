"""The highest sample of the next hours: the ring of hours, the pooled width, and what is tracked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.forecast import LEADS
from engine.core.forecast.compact import MISSING, decode, encode
from engine.core.forecast.evidence import Evidence
from engine.core.forecast.history import hour_of
from engine.core.forecast.state import ONE, WINDOWS
from engine.core.forecast.window_maximum import (
    HOURS,
    WAITING,
    Tracked,
    forecast,
    issue,
    keep,
    learn,
    note,
)
from engine.core.rows import Array
from tests.core.forecast.test_quantiles import evidence

quick = settings(max_examples=40)
seeds = st.integers(0, 10**6)
NONE = np.full((1, HOURS), MISSING, np.uint16)


def tracked(seed: int, rows: int, scale: float = 1.0) -> Tracked:
    rng = np.random.default_rng(seed)
    return Tracked(
        margins=rng.integers(-2 * ONE, 2 * ONE, (rows, 3, 4)).astype(np.int16),
        excess=encode(scale * rng.exponential(1, (rows, 3))),
        scored=rng.integers(0, 256, (rows, 3)).astype(np.uint8),
    )


def quantiles(seed: int, rows: int, scale: float = 1.0) -> Array:
    rng, known = np.random.default_rng(seed), tracked(seed, rows, scale)
    highest = encode(scale * np.where(rng.random((rows, HOURS)) < 0.2, np.nan, rng.exponential(3, (rows, HOURS))))
    ratio = rng.uniform(0, 5, (rows, 3)).astype(np.float32)
    hour = rng.integers(0, 1000, rows)
    return issue(forecast(evidence(seed, rows, LEADS, scale), ratio, highest, hour, known), known)


@quick
@given(seeds)
def test_finite_non_negative_ordered_and_above_every_median(seed: int) -> None:
    got, p50 = quantiles(seed, 20), evidence(seed, 20).p50
    assert np.isfinite(got).all()
    assert (got >= 0).all()
    assert (np.diff(got, axis=-1) >= 0).all()
    for window, length in enumerate(WINDOWS):
        medians = p50[:, : LEADS.index(length) + 1].max(axis=1)
        assert (got[:, window, 0] >= medians * 0.998).all()


@quick
@given(seeds, st.integers(-20, 20))
def test_powers_of_two_scale_it_exactly(seed: int, power: int) -> None:
    np.testing.assert_array_equal(quantiles(seed, 10, 2.0**power), quantiles(seed, 10) * np.float32(2.0**power))


@quick
@given(seeds, st.permutations(range(7)))
def test_a_row_does_not_know_its_neighbours(seed: int, order: list[int]) -> None:
    rng, some = np.random.default_rng(seed), np.array(order)
    known, learned, hour = evidence(seed, 7), tracked(seed, 7), rng.integers(0, 99, 7)
    highest, ratio = encode(rng.exponential(3, (7, HOURS))), rng.uniform(0, 5, (7, 3)).astype(np.float32)
    waiting, made = encode(rng.exponential(3, (7, WAITING, 2))), rng.random((7, 3)) < 0.5
    codes, after = forecast(known, ratio, highest, hour, learned), learn(learned, waiting, highest, hour, made)
    permuted = Evidence(**{name: getattr(known, name)[some] for name in Evidence.__slots__})
    theirs = Tracked(learned.margins[some], learned.excess[some], learned.scored[some])
    again = forecast(permuted, ratio[some], highest[some], hour[some], theirs)
    assert issue(again, theirs).tobytes() == issue(codes, learned)[some].tobytes()
    assert keep(waiting[some], again, hour[some]).tobytes() == keep(waiting, codes, hour)[some].tobytes()
    then = learn(theirs, waiting[some], highest[some], hour[some], made[some])
    for name in Tracked.__slots__:
        assert getattr(then, name).tobytes() == getattr(after, name)[some].tobytes()


@quick
@given(seeds, st.integers(1, 40))
def test_the_ring_holds_the_maximum_of_each_of_the_last_four_hours(seed: int, stride: int) -> None:
    """Whatever buckets are skipped: compared with all peaks kept."""
    rng = np.random.default_rng(seed)
    ring, last, bucket, peaks = NONE, np.array([-1]), 5000, {}
    for _ in range(60):
        bucket += int(rng.integers(1, stride + 1))
        peaks[bucket] = float(decode(encode(rng.exponential(1, 1)))[0])
        ring, last = note(ring, last, bucket, np.array([peaks[bucket]], np.float32)), np.array([bucket])
        now = int(hour_of(bucket))
        for hour in range(now - 3, now + 1):
            inside = [peak for b, peak in peaks.items() if hour_of(b) == hour]
            got = decode(ring)[0, hour % HOURS]
            assert got == max(inside) if inside else np.isnan(got)


def test_a_forecast_waits_until_its_window_ends() -> None:
    """Each hour's forecast is found when its window ends, whatever was kept in between; a week later as now."""
    waiting = np.zeros((1, WAITING, 2), np.uint16)
    fresh = Tracked(np.zeros((1, 3, 4), np.int16), np.full((1, 3), MISSING, np.uint16), np.zeros((1, 3), np.uint8))
    for hour in range(168, 200):
        ring = encode(np.full((1, HOURS), 1000.0))
        got = learn(fresh, waiting, ring, np.array([hour]), np.ones((1, 3), bool))
        if hour >= 172:  # what was kept 1, 2, 4 hours ago was 10 x that hour's index
            kept = 10 * (hour - np.array([1, 2, 4]) - 167)
            assert decode(got.excess[0]) == pytest.approx(1000 - kept, rel=0.002)
        codes = encode(np.full((1, 3, 2), 10.0 * (hour - 167)))
        waiting = keep(waiting, codes, np.array([hour]))
        np.testing.assert_array_equal(keep(waiting, codes, np.array([hour + 168])), waiting)


def test_learning_by_hand() -> None:
    """Median 10, p95's width 2; the first step is .2 + 1 / 6^.6 = .54126, shared by as many windows as overlap."""
    known = Tracked(np.zeros((1, 3, 4), np.int16), np.full((1, 3), MISSING, np.uint16), np.zeros((1, 3), np.uint8))
    waiting = encode(np.tile(np.array([10, 2], np.float32), (1, WAITING, 1)))
    ring = encode(np.array([[np.nan, 12.5, 9.5, 11.75]]))  # hours 4 (unseen), 5, 6, 7
    got = learn(known, waiting, ring, np.array([7]), np.ones((1, 3), bool))
    assert got.scored.tolist() == [[1, 1, 0]]  # of the four hours one is unknown
    assert decode(got.excess[0, :2]) == pytest.approx([1.75, 1.75], rel=0.001)
    assert got.margins[0, 0, [0, 2, 3]] / ONE / 0.54126 == pytest.approx([0.5, -0.05, -0.01], abs=4e-4)
    assert got.margins[0, 1, 2] / ONE / 0.54126 == pytest.approx(-0.05 / 2, abs=4e-4)
    assert not got.margins[0, 2].any()
    unasked = learn(got, waiting, ring, np.array([7]), np.zeros((1, 3), bool))
    assert all(getattr(unasked, name).tobytes() == getattr(got, name).tobytes() for name in Tracked.__slots__)
    older = learn(got, waiting, ring, np.array([6]), np.ones((1, 3), bool))  # two hours' maximum 12.5
    assert (older.margins - got.margins)[0, 1, 2] > 0
    assert decode(older.excess[0, 1]) == pytest.approx((0.95 * 1.75 + 2.5) / 1.95, rel=0.002)


def test_what_is_stated_is_met() -> None:
    """Hours whose maxima are an exponential amount above the median."""
    rng, flat, none = np.random.default_rng(3), np.full((1, 5), 10, np.float32), np.zeros((1, 5), np.float32)
    seen = Evidence(flat, none + 1, none + 1, none + 1, none, none + 1, none + 1, none + 1)
    known = Tracked(np.zeros((1, 3, 4), np.int16), np.full((1, 3), MISSING, np.uint16), np.zeros((1, 3), np.uint8))
    waiting, ring = np.zeros((1, WAITING, 2), np.uint16), np.full((1, HOURS), MISSING, np.uint16)
    issued, maxima = [], []
    for h in range(2500):
        hour = np.array([h])
        ring[0, h % HOURS] = encode(10 + rng.exponential(2, 1))[0]
        maxima.append(decode(ring[0, h % HOURS]))
        known = learn(known, waiting, ring, hour, np.full((1, 3), h >= HOURS))
        codes = forecast(seen, np.ones((1, 3), np.float32), ring, hour, known)
        waiting = keep(waiting, codes, hour)
        issued.append(issue(codes, known)[0])
    for window, hours in enumerate((1, 2, 4)):
        ahead = np.array([max(maxima[h + 1 : h + 1 + hours]) for h in range(300, 2490)])
        beyond = (ahead[:, None] > np.array(issued)[300:2490, window]).mean(axis=0)
        assert beyond[2] == pytest.approx(0.05, abs=0.005)  # judged as it was issued; the others by present ratios
        assert beyond[[0, 1, 3]] == pytest.approx([0.5, 0.1, 0.01], abs=0.02)
