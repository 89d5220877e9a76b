from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.core.forecast.robust import mean, median, mode, quantile, trimmed_mean, weighted_median
from engine.core.rows import Array

cells = st.one_of(st.just(float("nan")), st.floats(0, 1e6, width=32))
numbers = arrays(np.float32, st.integers(1, 50), elements=cells)


def weighted(values: Array, weights: Array) -> float:
    return float(weighted_median(values, weights, np.empty(len(values), np.int64)))


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:All-NaN slice")
@given(numbers)
def test_as_numpy_has_them(values: Array) -> None:
    np.testing.assert_allclose(mean(values), np.nanmean(values), rtol=1e-5)
    np.testing.assert_allclose(median(values), np.nanmedian(values), rtol=1e-6)


@given(numbers, st.data())
def test_a_weighted_median_is_the_first_to_reach_half(values: Array, data: st.DataObject) -> None:
    weights = data.draw(arrays(np.float32, len(values), elements=st.integers(0, 9)))  # sums are exact
    spoken = np.where(np.isnan(values), 0, weights)
    reach = [amount for amount in values if 2 * spoken[values <= amount].sum() >= spoken.sum()]
    wanted = min(reach) if spoken.sum() > 0 else np.nan
    np.testing.assert_equal(weighted(values, weights), wanted)


def test_weighted_median_by_hand() -> None:
    values = np.array([[3, 1, 2, np.nan]] * 4, np.float32)
    weights = np.array([[1, 1, 1, 9], [5, 1, 1, 9], [1, 5, 1, 9], [0, 0, 0, 9]], np.float32)
    np.testing.assert_array_equal([weighted(*pair) for pair in zip(values, weights, strict=True)], [2, 3, 1, np.nan])


@given(st.lists(st.floats(0, 1e6, width=32), min_size=1, max_size=9).filter(lambda some: len(some) % 2 == 1))
def test_equal_weights_give_the_median(some: list[float]) -> None:
    values = np.array(some, np.float32)
    assert weighted(values, np.ones_like(values)) == np.median(values)


order = np.empty(50, np.int64)


@given(numbers, st.data())
def test_a_trimmed_mean_is_that_of_the_middle_copies(values: Array, data: st.DataObject) -> None:
    weights = data.draw(arrays(np.float32, len(values), elements=st.integers(0, 9)))
    spoken = np.where(np.isnan(values), 0, weights).astype(np.int64)
    copies = np.repeat(np.sort(values), 10 * spoken[np.argsort(values)]).astype(np.float64)  # ten: a tenth can be cut
    cut = 3 * len(copies) // 10
    got = trimmed_mean(values, weights, np.float32(0.3), order)
    if not len(copies):
        assert np.isnan(got)
    else:
        middle = copies[cut : len(copies) - cut].mean()
        # A weight is cut with the precision of float32, and what is cut may be all that is not 0.
        assert got == pytest.approx(middle, rel=1e-5, abs=1e-6 * copies.max())


@pytest.mark.filterwarnings("ignore:All-NaN slice")
@given(numbers, st.floats(0, 1, width=32))
def test_quantiles_as_numpy_has_them(values: Array, share: float) -> None:
    wanted = np.nanquantile(values.astype(np.float64), share)
    np.testing.assert_allclose(quantile(values, np.float32(share), order), wanted, rtol=1e-4, atol=1e-30)


def test_the_mode_is_where_half_of_the_values_are_closest() -> None:
    values = np.array([1, 9, 5.2, 5, np.nan, 5.1, 2, 20], np.float32)
    assert mode(values, order) == np.float32(5.1)
    assert mode(np.array([4], np.float32), order) == 4
    assert np.isnan(mode(np.full(3, np.nan, np.float32), order))
