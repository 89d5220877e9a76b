"""Sizes that are remembered in four bytes: what comes back."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.core.decide.remembered import recalled
from engine.core.rows import Array
from engine.units import LARGEST

MIB = 2.0**20
NONE = np.full(2, np.nan)
whole = st.tuples(st.integers(0, 8_191_999), st.integers(0, 2**24)).map(lambda n: np.array([n[0] / 1000, n[1] * MIB]))
sizes = st.tuples(st.floats(0, LARGEST[0]), st.integers(0, 10**15)).map(lambda pair: np.array(pair, np.float64))


def kept(size: Array) -> Array:
    return size.astype(np.float32)


@given(whole)
def test_whole_steps_come_back_as_they_were(size: Array) -> None:
    assert recalled(kept(size), NONE).tolist() == size.tolist()


@given(sizes, sizes)
def test_all_others_come_back_nearly(size: Array, now: Array) -> None:
    np.testing.assert_allclose(recalled(kept(size), now), size, rtol=2.0**-23, atol=1e-44)


@given(sizes)
def test_what_did_not_change_does_not_differ(size: Array) -> None:
    for known in ([size], [size, NONE], [NONE, size]):
        assert recalled(kept(size), *known).tolist() == size.tolist()


def test_what_is_not_set_stays_so() -> None:
    assert np.isnan(recalled(kept(NONE), np.array([1.0, MIB]))).all()


def test_rows_do_not_see_each_other() -> None:
    size, now = np.array([[0.1, 129e6], [0.7, np.nan]]), np.array([[0.2, 129e6], [np.nan, MIB]])
    together = recalled(kept(size), now)
    np.testing.assert_array_equal(together, [recalled(kept(one), at) for one, at in zip(size, now, strict=True)])
    assert together[0].tolist() == [0.1, 129e6]
