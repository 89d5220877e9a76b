from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.forecast.powers import exp2, log2

UNIT = 2.0**-23
"""Of the last place of a float32, relative: at least half of it, at most all."""


@given(st.floats(-100, 127, width=32))
def test_powers_are_right_to_two_units_in_the_last_place(power: float) -> None:
    assert exp2(np.float32(power)) == pytest.approx(2.0**power, rel=2 * UNIT)


@given(st.floats(2.0**-100, 2.0**100, width=32))
def test_logarithms_are_right_to_two_units_in_the_last_place(amount: float) -> None:
    assert log2(np.float32(amount)) == pytest.approx(np.log2(amount), rel=2 * UNIT, abs=1e-9)


@pytest.mark.parametrize("power", [-100, -64, -1, 0, 1, 7, 127])
def test_whole_powers_are_exact(power: int) -> None:
    assert exp2(np.float32(power)) == 2.0**power
    assert log2(np.float32(2.0**power)) == power


def test_powers_are_clipped() -> None:
    assert exp2(np.float32(-np.inf)) == exp2(np.float32(-1000)) == 2.0**-100
    assert exp2(np.float32(np.inf)) == 2.0**127
