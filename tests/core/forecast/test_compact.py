from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.core.forecast.compact import MISSING, ZERO, decode, encode

amounts = st.floats(1e-15, 1e18)


def test_by_hand() -> None:
    # 1.0 has exponent 0, fraction 0; one step of the code is 1/512 of the power of two below.
    one, step, two = encode(np.array([1.0, 1.0 + 1 / 512, 2.0]))
    assert (step - one, two - one) == (1, 512)
    assert encode(np.array([np.nan, 0.0])).tolist() == [MISSING, ZERO]
    assert np.isnan(decode(np.array([MISSING], np.uint16))[0])
    assert decode(np.array([ZERO], np.uint16))[0] == 0


def test_every_code_survives() -> None:
    codes = np.arange(1, 1 << 16, dtype=np.uint16)
    assert (encode(decode(codes)) == codes).all()
    assert (np.diff(decode(codes)) > 0).all()


@given(amounts)
def test_error_is_at_most_a_thousandth(amount: float) -> None:
    assert abs(float(decode(encode(np.array([amount])))[0]) - amount) <= amount / 1000


@given(amounts, st.integers(-6, 2))
def test_powers_of_two_scale_exactly(amount: float, power: int) -> None:
    assert decode(encode(np.array([amount * 2.0**power]))) == decode(encode(np.array([amount]))) * 2.0**power


def test_too_small_is_zero_and_too_large_the_largest() -> None:
    tiny, huge, infinite = decode(encode(np.array([1e-30, 1e30, np.inf])))
    assert tiny == 0
    assert huge == infinite > 1e19
