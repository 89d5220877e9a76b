from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import base, ensemble, optim, stats

from engine.core.forecast.mixture import DISCOUNT, SHARPNESS, combine, learn, weights

NAN = np.nan


class Constant(base.Regressor):  # type: ignore[misc]  # river is not typed for us
    """Says always the same."""

    def __init__(self, says: float) -> None:
        self.says = says

    def learn_one(self, x: Any, y: float) -> None:
        pass

    def predict_one(self, x: Any) -> float:
        return self.says


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 10), min_size=2, max_size=6), st.lists(st.floats(0, 10), min_size=1, max_size=12))
def test_weights_are_those_of_rivers_ewa_regressor(experts: list[float], actuals: list[float]) -> None:
    losses = np.array([sum(abs(actual - says) for actual in actuals) for says in experts], np.float32)
    if losses.min() < 0.1:
        return  # river's rate is in units of the loss: ours, relative to the best, would be unbounded
    rate = SHARPNESS / float(losses.min())
    theirs = ensemble.EWARegressor([Constant(says) for says in experts], optim.losses.Absolute(), rate)
    for actual in actuals:
        theirs.learn_one({}, actual)
    ours = weights(losses)
    assert ours / ours.sum() == pytest.approx(np.array(theirs.weights) / sum(theirs.weights), abs=1e-4)


@given(st.lists(st.floats(0, 10), min_size=2, max_size=30))
def test_loss_is_rivers_exponentially_weighted_mean(errors: list[float]) -> None:
    theirs = stats.EWMean(fading_factor=1 - DISCOUNT)
    theirs.update(errors[0] + 1)
    loss = np.array([(errors[0] + 1) / (1 - DISCOUNT)])  # river starts at the first value, we at nothing
    for error in errors[1:]:
        theirs.update(error)
        _, loss = learn(np.zeros((1, 1)), loss, np.zeros((1, 1)), np.zeros(1), np.array([error]))
    assert loss[0] * (1 - DISCOUNT) == pytest.approx(theirs.get(), rel=1e-4)


def test_weights_by_hand() -> None:
    got = weights(np.array([[2, 2.4, 4], [0, 1, 0], [0, 0, 0]], np.float32))
    assert got == pytest.approx(np.array([[1, np.exp(-1), np.exp(-5)], [1, 0, 1], [1, 1, 1]]), rel=1e-5)


def test_who_abstains_is_charged_what_the_forecast_lost() -> None:
    predictions = np.array([[5, NAN, 1]], np.float32)
    before = np.full((1, 3), 10, np.float32)
    losses, loss = learn(before, np.zeros(1, np.float32), predictions, np.array([4.0]), np.array([2.0]))
    assert losses[0] == pytest.approx([12.5, 11.5, 10.5])
    assert loss[0] == 2


def test_combining_by_hand() -> None:
    predictions = np.array([[3, 1, 2], [3, NAN, 2], [NAN, NAN, NAN]], np.float32)
    losses = np.array([[1, 9, 9], [9, 1, 9], [1, 1, 1]], np.float32)
    # best expert; best one abstains and the others' weights are equal: lower median; nobody speaks
    np.testing.assert_array_equal(combine(predictions, losses), np.array([3, 2, NAN], np.float32))


def test_experts_whose_weights_underflow_are_heard_when_the_best_abstains() -> None:
    predictions = np.array([[NAN, 7, 7]], np.float32)
    assert combine(predictions, np.array([[1e-6, 1e6, 1e6]], np.float32))[0] == 7
