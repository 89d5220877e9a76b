"""The distribution around the median: its evidence, its pooled width, and what is tracked of a series."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import stats

from engine.core.forecast import LEADS
from engine.core.forecast.compact import decode, encode
from engine.core.forecast.evidence import Evidence, at_leads, gather, mean_error, spread
from engine.core.forecast.quantile_prior import widths
from engine.core.forecast.quantiles import LEVELS, Calibration, calibrated, factor, issue, learn, ratio
from engine.core.forecast.state import ONE
from engine.core.rows import Array

quick = settings(max_examples=40)
seeds = st.integers(0, 10**6)
leads_asked = st.lists(st.integers(1, 288), min_size=1, max_size=4).map(tuple)


def evidence(seed: int, rows: int, leads: tuple[int, ...] = LEADS, scale: float = 1.0) -> Evidence:
    """Of series that jump over decades, are idle, or have gaps; some young, some old."""
    rng = np.random.default_rng(seed)
    level = np.exp(rng.normal(0, 4, (rows, 1))) * (rng.random((rows, 1)) > 0.2)
    recent = level * np.exp(rng.normal(0, 1, (rows, 36)))
    recent[:, 1:][rng.random((rows, 35)) < 0.3] = np.nan
    p50 = level * np.exp(rng.normal(0, 1, (rows, len(leads))))
    error = level * np.exp(rng.normal(0, 1, (rows, len(LEADS))))
    return gather(
        p50=(scale * p50).astype(np.float32),
        spread=(scale * 0.1 * p50).astype(np.float32),
        recent=(scale * recent).astype(np.float32),
        error=at_leads((scale * error).astype(np.float32), leads),
        ratio=rng.uniform(0, 5, (rows, len(leads))).astype(np.float32),
        scored=rng.integers(0, 50, (rows, len(LEADS))),
        leads=leads,
    )


def tracked(seed: int, rows: int, leads: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed + 1)
    margins = rng.integers(-4 * ONE + 1, 4 * ONE, (rows, len(LEADS), 4)).astype(np.int16)
    return margins, rng.integers(-ONE, ONE, (rows, leads, 2)).astype(np.int16)


def distribution(seed: int, rows: int, leads: tuple[int, ...], scale: float = 1.0) -> Array:
    known = evidence(seed, rows, leads, scale)
    return issue(known.p50, calibrated(widths(known, leads), *tracked(seed, rows, len(leads)), leads))


@quick
@given(seeds, leads_asked)
def test_finite_non_negative_ordered(seed: int, leads: tuple[int, ...]) -> None:
    got = distribution(seed, 20, leads)
    assert got.shape == (20, len(leads), 6)
    assert np.isfinite(got).all()
    assert (got >= 0).all()
    assert (np.diff(got[..., :5], axis=-1) >= 0).all()
    assert (got[..., 5] >= got[..., 0]).all()
    assert (got[..., 5] <= got[..., 3]).all()


@quick
@given(seeds, st.integers(-20, 20))
def test_powers_of_two_scale_it_exactly(seed: int, power: int) -> None:
    one, other = distribution(seed, 10, LEADS), distribution(seed, 10, LEADS, 2.0**power)
    np.testing.assert_array_equal(other, one * np.float32(2.0**power))


@quick
@given(seeds, st.permutations(range(9)), st.integers(1, 8))
def test_a_row_does_not_know_its_neighbours(seed: int, order: list[int], cut: int) -> None:
    known, (margins, part_margins) = evidence(seed, 9), tracked(seed, 9, len(LEADS))
    whole = widths(known, LEADS)
    together = calibrated(whole, margins, part_margins, LEADS)
    for some in (np.array(order), np.arange(cut), np.arange(cut, 9)):
        part = Evidence(**{name: getattr(known, name)[some] for name in Evidence.__slots__})
        apart = calibrated(widths(part, LEADS), margins[some], part_margins[some], LEADS)
        assert apart.tobytes() == together[some].tobytes()


@quick
@given(seeds, st.lists(st.sampled_from(LEADS), min_size=1, max_size=5).map(tuple))
def test_some_of_the_leads_are_as_all_of_them(seed: int, leads: tuple[int, ...]) -> None:
    """To the bit: a forecast asked for is the one that was kept."""
    rng = np.random.default_rng(seed)
    values = rng.exponential(1, (4, len(LEADS), 3)).astype(np.float32)
    index = [LEADS.index(lead) for lead in leads]
    np.testing.assert_array_equal(at_leads(values, leads), values[:, index])


def test_between_the_leads_it_is_linear_in_the_root() -> None:
    values = np.arange(5, dtype=np.float32)[None]
    got = at_leads(values, (1, 3, 4, 36, 48, 288))
    shares = [(2 - 3**0.5) / (6**0.5 - 3**0.5), (36**0.5 - 24**0.5) / (48**0.5 - 24**0.5)]
    assert got[0] == pytest.approx([0, 0, shares[0], 3 + shares[1], 4, 4])


def test_evidence_by_hand() -> None:
    recent = np.full((2, 36), np.nan, np.float32)
    recent[0, :5] = [np.nan, 10, 12, 16, 20]  # newest first; the last bucket is missing
    recent[1, :2] = [3, 3]
    p50 = np.array([[10, 14, 14, 14, 30], [3, 3, 3, 3, 4]], np.float32)
    error, scored = np.array([[1, 2, 3, 4, 8]] * 2, np.float32), np.array([[0, 1, 3, 9, 3]] * 2)
    got = gather(p50, p50 / 10, recent, error, np.full((2, 5), 2, np.float32), scored, LEADS)
    assert got.away[0].tolist() == [4.5, 3.5, 3.5, 3.5, 15.5]
    assert got.away[1].tolist() == [0, 0, 0, 0, 1]
    assert got.step[0].tolist() == [10, 3.5, 3.5, 3.5, 15.5]  # 10 against 20; longer leads know no two such buckets
    assert got.jump[0].tolist() == [0, 4, 4, 4, 20]
    assert got.part_error[0].tolist() == [2, 4, 6, 8, 16]
    assert got.age[0] == pytest.approx([0, 0.25, 0.5, 0.75, 0.5])


def test_spread_and_mean_error_by_hand() -> None:
    said = np.array([[1, 2, 6, np.nan], [np.nan] * 4], np.float32)
    weight = np.array([[1, 2, 1, 9], [1, 1, 1, 1]], np.float32)
    assert spread(said, weight, np.array([2, 2], np.float32)).tolist() == [5 / 4, 0]
    got = mean_error(np.array([0, 4, 3.9, 20], np.float32), np.array([0, 1, 2, 10_000]))
    assert got == pytest.approx([0, 4, 2, 1], rel=1e-4)  # sums of discounts 1, 1.95, 20


def test_an_idle_series_is_certain_and_a_constant_one_nearly() -> None:
    """As narrow as amounts are remembered, so that what rounding does to the actual is no miss."""
    none = np.zeros((1, 5), np.float32)
    assert issue(none, encode(widths(Evidence(*[none] * 8), LEADS))).max() == 0
    exact = issue(none + 3, encode(np.zeros((1, 5, 4))))[0, 0]
    assert exact == pytest.approx([3] * 6, rel=0.001)
    assert exact[0] < 3 < exact[3]


def test_a_miss_widens_and_a_hit_narrows_its_own_level() -> None:
    """p50 10, widths 2, 1, 2, 4 are p05 8, p90 11, p95 12, p99 14; the first step is .1 + .5 / 6^.6 = .27063."""
    codes = encode(np.tile(np.array([2, 1, 2, 4], np.float32), (4, 1)))
    fresh = Calibration(np.zeros((4, 4), np.int16), np.zeros((4, 2), np.int16), np.full(4, ONE, np.uint16))
    actual = np.array([7, 10, 11.5, 15], np.float32)
    got = learn(fresh, np.full(4, 10, np.float32), codes, actual, np.ones(4, np.float32), np.zeros(4, np.int32))
    moved, up, down = got.margins / ONE / 0.27063, np.array([0.95, 0.9, 0.95, 0.99]), -np.array([0.05, 0.1, 0.05, 0.01])
    assert moved[0] == pytest.approx([up[0], *down[1:]], abs=4e-4)
    assert moved[1] == pytest.approx(down, abs=4e-4)
    assert moved[2] == pytest.approx([down[0], up[1], *down[2:]], abs=4e-4)
    assert moved[3] == pytest.approx([down[0], *up[1:]], abs=4e-4)
    part = got.part_margins / ONE / 0.03
    assert part[:, 0] == pytest.approx([0.95, -0.05, -0.05, -0.05], abs=0.01)
    assert part[:, 1] == pytest.approx([-0.1, -0.1, 0.4, 1.4], abs=0.01)  # of p95, and half of p90
    assert got.part_ratio.tolist() == [ONE] * 4  # nothing to compare with yet


def test_the_part_of_the_day_learns_its_share_of_the_error() -> None:
    known = Calibration(np.zeros((3, 4), np.int16), np.zeros((3, 2), np.int16), np.full(3, ONE, np.uint16))
    p50, codes = np.full(3, 10, np.float32), encode(np.ones((3, 4)))
    for _ in range(300):
        actual = np.array([10, 12, 100], np.float32)
        known = learn(known, p50, codes, actual, np.ones(3, np.float32), np.full(3, 50))
    assert ratio(known.part_ratio) == pytest.approx([0, 2, 5], abs=0.01)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_levels_find_the_quantiles_that_river_finds(seed: int) -> None:
    """Within an eighth: the step that lets margins follow changes makes them wander."""
    errors = np.random.default_rng(seed).standard_exponential(6000).astype(np.float32)
    known = Calibration(np.zeros((1, 4), np.int16), np.zeros((1, 2), np.int16), np.full(1, ONE, np.uint16))
    one, trail = np.ones((1, 1, 4), np.float32), []
    theirs = [stats.Quantile(level) for level in LEVELS[1:]]
    for scored, error in enumerate(errors):
        margins, part = np.repeat(known.margins[:, None], 5, axis=1), known.part_margins[:, None]
        codes = calibrated(one, margins, part, (3,))[:, 0]
        trail.append(decode(codes)[0])
        actual = np.full(1, 10 + error, np.float32)
        known = learn(known, np.full(1, 10, np.float32), codes, actual, np.ones(1, np.float32), np.array([scored]))
        for quantile in theirs:
            quantile.update(float(error))
    late = np.array(trail)[1000:]
    for k, quantile in enumerate(theirs, start=1):
        assert np.mean(errors[1000:] > late[:, k]) == pytest.approx(1 - LEVELS[k], abs=0.004)
        if k < 3:  # the 99 % point has fifty misses only
            assert late[:, k].mean() == pytest.approx(quantile.get(), rel=0.125)


def test_margins_are_bounded_and_so_are_their_factors() -> None:
    never = encode(np.zeros((1, 4)))
    known = Calibration(np.zeros((1, 4), np.int16), np.zeros((1, 2), np.int16), np.full(1, ONE, np.uint16))
    for _ in range(200):
        known = learn(known, np.ones(1, np.float32), never, np.full(1, 9, np.float32), np.ones(1), np.array([9]))
    assert known.margins[0, 3] == 4 * ONE - 1
    assert known.part_margins[0, 1] == 1.5 * ONE
    assert factor(np.array([10.0**9, -(10.0**9), 0])) == pytest.approx([np.exp(4), np.exp(-4), 1], rel=1e-3)
