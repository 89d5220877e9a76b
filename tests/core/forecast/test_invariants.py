"""Properties that hold for any input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.forecast import LEADS, ForecastRows, forecast, forecast_at
from engine.core.rows import Array
from tests.core.forecast.feeding import DAY, LATER, START, copied, fed, feed, grown_up, same, usage

quick = settings(max_examples=12)
seeds = st.integers(0, 10**6)
amounts = st.sampled_from([np.nan, 0.0, 1e-9, 1e-6, 0.3, 1.0, 64.0, 1e12, 1e15])
ASKED = (*LEADS, 72, 288)
QUANTILES = ("p05", "p50", "p90", "p95", "p99", "mean")
STORED = ("p05", "p50", "p95", "wape", "coverage", "scored", "buckets_seen")
"""All of a `Forecast` but the origin."""


def outlook(rows: ForecastRows, bucket: int) -> Array:
    """Quantiles and mean at some leads, [6, n, 2, leads]."""
    got = forecast_at(rows, bucket, ASKED)
    return np.stack([getattr(got, name) for name in QUANTILES])


def _sound(rows: ForecastRows) -> None:
    got = forecast(rows)
    spoken = got.origin >= 0
    assert np.isfinite(got.p95[spoken]).all()
    assert (got.p05[spoken] >= 0).all()
    assert (got.p05 <= got.p50)[spoken].all()
    assert (got.p50 <= got.p95)[spoken].all()
    assert np.isnan(got.p50[~spoken]).all()
    assert not (got.coverage > 1).any()


@quick
@given(st.lists(st.tuples(amounts, amounts), min_size=3, max_size=60), st.sampled_from([1, 5, 12, 48, DAY]))
def test_finite_non_negative_ordered(values: list[tuple[float, float]], stride: int) -> None:
    """Even where amounts jump over twenty-four decades, with strides that make gaps."""
    rows, old = ForecastRows.empty(1), copied(grown_up())
    for step, pair in enumerate(values):
        feed(rows, START + stride * step, np.array([[pair]]))
        feed(old, LATER + stride * step, np.array([[pair] * 6]))
    _sound(rows)
    _sound(old)


@quick
@given(seeds, st.permutations(range(6)), st.integers(1, 5))
def test_a_row_does_not_know_its_neighbours(seed: int, order: list[int], cut: int) -> None:
    values = usage(seed, 40, 6, missing=0.1)
    together = feed(copied(grown_up()), LATER, values)
    permuted = feed(grown_up().take(np.array(order)), LATER, values[:, order])
    assert same(permuted, together.take(np.array(order)))
    first = feed(grown_up().take(np.arange(cut)), LATER, values[:, :cut])
    rest = feed(grown_up().take(np.arange(cut, 6)), LATER, values[:, cut:])
    assert same(first, together.take(np.arange(cut)))
    assert same(rest, together.take(np.arange(cut, 6)))


def test_new_neighbours_change_nothing() -> None:
    values = usage(7, 40, 900, missing=0.1)  # more series than are computed at a time
    crowd = feed(grown_up().grown(900), LATER, values)
    few = feed(copied(grown_up()), LATER, values[:, :6])
    assert same(crowd.take(np.arange(6)), few)
    assert outlook(crowd, LATER + 39)[:, :6].tobytes() == outlook(few, LATER + 39).tobytes()


def test_resources_are_treated_alike() -> None:
    values = usage(4, 2 * DAY, 3)
    swapped = fed(values[..., ::-1])
    assert all(
        a[:, ::-1].tobytes() == b.tobytes()
        for a, b in zip(fed(values).arrays().values(), swapped.arrays().values(), strict=True)
    )


@quick
@given(seeds, st.integers(-20, 20))
def test_powers_of_two_scale_the_forecast_exactly(seed: int, power: int) -> None:
    values = usage(seed, 100, 2, missing=0.05)
    rows, scaled = fed(values), fed(values * 2.0**power)
    assert (scaled.unit == rows.unit * 2.0**power).all()
    scaled.unit[:] = rows.unit
    assert same(scaled, rows)  # all else is in units


@pytest.mark.parametrize("factor", [1000, 1e-3, 7])
def test_thousandfold_usage_gives_thousandfold_forecasts(factor: float) -> None:
    values = usage(9, 2 * DAY, 60, missing=0.05)
    last = START + 2 * DAY - 1
    plain, scaled = fed(values), fed(values * factor)
    np.testing.assert_allclose(outlook(scaled, last) / factor, outlook(plain, last), rtol=1e-6)
    for name in ("p05", "p50", "p95"):
        np.testing.assert_allclose(getattr(forecast(scaled), name) / factor, getattr(forecast(plain), name), rtol=1e-6)
    np.testing.assert_allclose(forecast(scaled).wape, forecast(plain).wape, rtol=1e-6)


@pytest.mark.parametrize("weeks", [1, 5, 2000])
def test_whole_weeks_later_nothing_changes(weeks: int) -> None:
    """Nine days, over gaps: the ring of 13 days lies elsewhere, what it says does not."""
    values = usage(8, 9 * DAY, 2, missing=0.1)
    values[5 * DAY : 6 * DAY, 0] = np.nan
    rows, later_rows = fed(values), fed(values, START + weeks * 2016)
    now, later = forecast(rows), forecast(later_rows)
    np.testing.assert_array_equal(later.origin, now.origin + weeks * 2016)
    for name in STORED:
        np.testing.assert_array_equal(getattr(later, name), getattr(now, name))
    last = START + 9 * DAY - 1
    assert outlook(later_rows, last + weeks * 2016).tobytes() == outlook(rows, last).tobytes()


@settings(max_examples=6)
@given(seeds, st.integers(1, 29))
def test_the_future_does_not_change_the_past(seed: int, cut: int) -> None:
    values, other = usage(seed, 30, 2, missing=0.1), usage(seed + 1, 30, 2)
    trails = []
    for future in (values, other):
        rows, trail = grown_up().take(np.arange(2)), []
        for step, mean in enumerate(np.concatenate([values[:cut], future[cut:]])):
            feed(rows, LATER + step, mean[None])
            kept = rows.pending, rows.pending_widths, rows.losses, outlook(rows, LATER + step)
            trail.append(b"".join(array.tobytes() for array in kept))
        trails.append(trail[:cut])
    assert trails[0] == trails[1]


@quick
@given(seeds, st.integers(1, 59))
def test_a_round_trip_through_arrays_goes_on_as_if_nothing_was(seed: int, cut: int) -> None:
    values = usage(seed, 60, 6, missing=0.1)
    through = feed(copied(grown_up()), LATER, values[:cut])
    bytes_of = {name: (a.tobytes(), a.dtype, a.shape) for name, a in through.arrays().items()}
    restored = {name: np.frombuffer(b, d).reshape(s).copy() for name, (b, d, s) in bytes_of.items()}
    feed(through, LATER + cut, values[cut:])
    assert same(feed(ForecastRows(**restored), LATER + cut, values[cut:]), through)


@quick
@given(seeds)
def test_skipped_buckets_are_as_buckets_of_nothing(seed: int) -> None:
    values = usage(seed, 120, 6)
    silent = np.random.default_rng(seed).random(120) < 0.5
    values[silent] = np.nan
    told, untold = feed(copied(grown_up()), LATER, values), copied(grown_up())
    for step in np.flatnonzero(~silent):
        feed(untold, LATER + int(step), values[step][None])
    assert same(told, untold)


def test_inputs_are_left_alone() -> None:
    values: Array = usage(2, 30, 6, missing=0.2)
    before = values.copy()
    feed(copied(grown_up()), LATER, values)
    np.testing.assert_array_equal(values, before)
