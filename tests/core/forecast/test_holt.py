from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import time_series

from engine.core.forecast import holt

shares = st.floats(0.01, 0.99)


@settings(max_examples=30)
@given(st.lists(st.floats(0, 100), min_size=3, max_size=30), shares, shares)
def test_undamped_is_rivers(values: list[float], alpha: float, beta: float) -> None:
    model = time_series.HoltWinters(alpha=alpha, beta=beta)
    for value in values:
        model.learn_one(value)
    # river starts from the mean of the first two values and their difference
    level, trend = np.array([(values[0] + values[1]) / 2]), np.array([values[1] - values[0]])
    for value in values[2:]:
        level, trend = holt.learn(level, trend, np.array([value]), alpha=alpha, beta=beta, damping=1)
    ours = holt.extrapolate(level, trend, (1, 2, 3), damping=1)[0]
    assert ours == pytest.approx(model.forecast(horizon=3), rel=1e-4, abs=1e-3)  # ours has float32 factors


def test_damped_by_hand() -> None:
    # carried trend .5 x 2 = 1; level .5 x 14 + .5 x (10 + 1) = 12.5; trend .5 x (12.5 - 10) + .5 x 1 = 1.75
    level, trend = holt.learn(np.array([10.0]), np.array([2.0]), np.array([14.0]), alpha=0.5, beta=0.5, damping=0.5)
    assert (level[0], trend[0]) == (12.5, 1.75)
    # two steps ahead the trend counts .5 + .25 times: 12.5 + .75 x 1.75
    assert holt.extrapolate(level, trend, (2,), damping=0.5)[0, 0] == 13.8125
