from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.decide import DecideRows
from engine.core.decide.risk import HIGHEST, LOWEST, SCORES, count, demand, learn
from engine.core.forecast import Forecast, ForecastRows, forecast
from engine.core.rows import Array

ROWS = np.array([0])


def said(quantiles: Array) -> Forecast:
    """Of the next hour's maximum, both resources alike; other windows are not asked."""
    maximum = np.full((1, 2, 3, 4), np.nan)
    maximum[:, :, 0] = quantiles
    return replace(forecast(ForecastRows.empty(1)), maximum=maximum)


def test_quantiles_are_met_at_their_scores_and_lines_lie_between() -> None:
    quantiles = np.array([1.0, 2.0, 3.0, 5.0])
    for score, amount in zip(SCORES, quantiles, strict=True):
        assert demand(said(quantiles), np.full((1, 2), score)) == pytest.approx(amount)
    assert demand(said(quantiles), np.full((1, 2), SCORES[:2].mean())) == pytest.approx(1.5)
    assert (demand(said(quantiles), np.full((1, 2), 4.0)) > 5).all()
    assert (demand(said(quantiles), np.full((1, 2), LOWEST)) == max(1 + LOWEST / SCORES[1], 0)).all()
    assert np.isnan(demand(said(np.full(4, np.nan)), np.ones((1, 2)))).all()


@given(st.lists(st.floats(0, 1e9), min_size=4, max_size=4), st.floats(LOWEST, HIGHEST), st.floats(0, 3))
def test_a_higher_level_is_never_a_smaller_request(amounts: list[float], level: float, more: float) -> None:
    quantiles = np.sort(np.array(amounts))
    low, high = (demand(said(quantiles), np.full((1, 2), each)) for each in (level, level + more))
    assert (high >= low * (1 - 1e-12)).all()


def test_levels_follow_the_stated_share() -> None:
    decide = DecideRows.empty(2)
    begin = decide.level[0].copy()
    count(decide, ROWS, np.array([[3.0, np.nan]]), np.array([[2.0, 2.0]]))
    count(decide, ROWS, np.array([[1.0, 2.0]]), np.array([[2.0, 2.0]]))
    assert decide.sampled[0].tolist() == [2, 1]
    assert decide.above[0].tolist() == [1, 0]
    learn(decide, ROWS, np.full((1, 2), 0.1))
    assert decide.level[0, 0] == pytest.approx(begin[0] + 0.004 * (0.5 - 0.1) / 0.1)
    assert decide.level[0, 1] == pytest.approx(begin[1] - 0.004)
    assert not decide.sampled.any()
    assert not decide.above.any()
    learn(decide, ROWS, np.full((1, 2), 0.1))  # nothing was sampled: nothing is learned
    assert decide.level[0, 0] == pytest.approx(begin[0] + 0.016)
    assert (decide.level[1] == begin).all()


@given(st.floats(0.005, 0.3), st.integers(0, 100))
def test_the_share_is_met_in_the_long_run(risk: float, seed: int) -> None:
    decide, rng, above = DecideRows.empty(1), np.random.default_rng(seed), []
    for _ in range(4000):
        value = np.full((1, 2), np.exp(rng.normal()))
        request = np.exp(decide.level.astype(np.float64))
        count(decide, ROWS, value, request)
        above.append(value[0, 0] > request[0, 0])
        learn(decide, ROWS, np.full((1, 2), risk))
    assert np.mean(above[500:]) == pytest.approx(risk, rel=0.35)
