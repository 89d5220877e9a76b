from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from engine.core.forecast.robust import mean, median, weighted_median
from engine.core.rows import Array

cells = st.one_of(st.just(float("nan")), st.floats(0, 1e6, width=32))
tables = arrays(np.float32, array_shapes(min_dims=1, max_dims=3, max_side=9), elements=cells)


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:All-NaN slice")
@given(tables)
def test_as_numpy_has_them(values: Array) -> None:
    np.testing.assert_allclose(mean(values), np.nanmean(values, axis=-1), rtol=1e-5)
    np.testing.assert_allclose(median(values), np.nanmedian(values, axis=-1), rtol=1e-6)


def test_weighted_median_by_hand() -> None:
    values = np.array([[3, 1, 2, np.nan]] * 4, np.float32)
    weights = np.array([[1, 1, 1, 9], [5, 1, 1, 9], [1, 5, 1, 9], [0, 0, 0, 9]], np.float32)
    np.testing.assert_array_equal(weighted_median(values, weights), np.array([2, 3, 1, np.nan], np.float32))


@given(st.lists(st.floats(0, 1e6, width=32), min_size=1, max_size=9).filter(lambda some: len(some) % 2 == 1))
def test_equal_weights_give_the_median(some: list[float]) -> None:
    values = np.array(some, np.float32)
    assert weighted_median(values, np.ones_like(values)) == np.median(values)
