from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import time_series

from engine.core.forecast import holt

shares = st.floats(0.01, 0.99)


def learned(level: float, trend: float, value: float, alpha: float, beta: float, damping: float) -> tuple[float, float]:
    level_32, trend_32 = holt.learn(*(np.float32(part) for part in (level, trend, value, alpha, beta, damping)))
    return float(level_32), float(trend_32)


@settings(max_examples=30)
@given(st.lists(st.floats(0, 100), min_size=3, max_size=30), shares, shares)
def test_undamped_is_rivers(values: list[float], alpha: float, beta: float) -> None:
    model = time_series.HoltWinters(alpha=alpha, beta=beta)
    for value in values:
        model.learn_one(value)
    # river starts from the mean of the first two values and their difference
    level, trend = (values[0] + values[1]) / 2, values[1] - values[0]
    for value in values[2:]:
        level, trend = learned(level, trend, value, alpha, beta, 1)
    ours = level + trend * holt.factors((1, 2, 3), damping=1)
    assert ours == pytest.approx(model.forecast(horizon=3), rel=1e-4, abs=1e-3)  # ours is in float32


def test_damped_by_hand() -> None:
    # carried trend .5 x 2 = 1; level .5 x 14 + .5 x (10 + 1) = 12.5; trend .5 x (12.5 - 10) + .5 x 1 = 1.75
    level, trend = learned(10, 2, 14, alpha=0.5, beta=0.5, damping=0.5)
    assert (level, trend) == (12.5, 1.75)
    # two steps ahead the trend counts .5 + .25 times: 12.5 + .75 x 1.75
    assert level + trend * holt.factors((2,), damping=0.5)[0] == 13.8125
