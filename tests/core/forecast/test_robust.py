from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.core.forecast.robust import mean, median, weighted_median
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
