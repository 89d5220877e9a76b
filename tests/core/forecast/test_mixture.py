from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import base, ensemble, optim, stats

from engine.core.forecast import ForecastRows
from engine.core.forecast.compact import decode, encode
from engine.core.forecast.mixture import (
    DISCOUNT,
    PART_DISCOUNT,
    SHARPNESS,
    charged,
    combine,
    learn,
    part_of,
    records,
)
from engine.core.forecast.state import EXPERTS, LEARNED, PARTS
from engine.core.rows import Array
from tests.core.forecast.feeding import DAY, START

NAN = np.nan
E = len(EXPERTS)
CPU_OF_FIRST = (np.array([0]), np.array([0]))
SIXTEEN_BITS = 1e-3
FIRST_SIX_HOURS = START + 1


def weights(losses: Array) -> Array:
    """Of experts that all speak."""
    return combine(np.zeros_like(losses), losses)[1]


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


@settings(deadline=None)
@given(st.lists(st.floats(0, 10), min_size=2, max_size=30))
def test_records_are_rivers_exponentially_weighted_means(errors: list[float]) -> None:
    theirs, part = stats.EWMean(fading_factor=1 - DISCOUNT), stats.EWMean(fading_factor=1 - PART_DISCOUNT)
    rows = ForecastRows.empty(1)
    for mean, column in ((theirs, rows.losses), (part, rows.part_losses)):  # river starts at the first value
        mean.update(errors[0] + 1)
        column[:] = encode(np.full(1, (errors[0] + 1) / mean.fading_factor))
    for error in errors[1:]:
        theirs.update(error)
        part.update(error)
        learn(rows, CPU_OF_FIRST, 1, FIRST_SIX_HOURS, np.full((1, E), error, np.float32))
    rel = len(errors) * SIXTEEN_BITS
    assert decode(rows.losses[0, 0, 1]) * (1 - DISCOUNT) == pytest.approx(np.full(E, theirs.get()), rel=rel)
    assert decode(rows.part_losses[0, 0, 0]) * (1 - PART_DISCOUNT) == pytest.approx(np.full(E, part.get()), rel=rel)


def test_only_the_longest_lead_has_a_record_by_part_of_the_day() -> None:
    rows, errors = ForecastRows.empty(2), np.arange(1.0, E + 1, dtype=np.float32)[None]
    learn(rows, CPU_OF_FIRST, 0, FIRST_SIX_HOURS, errors)
    assert (decode(rows.part_losses) == 0).all()
    learn(rows, CPU_OF_FIRST, 1, FIRST_SIX_HOURS + DAY // 2, errors)
    assert decode(rows.part_losses[0, 0, 2]) == pytest.approx(errors[0], rel=SIXTEEN_BITS)
    assert decode(rows.losses[0, 0]) == pytest.approx(np.repeat(errors, 2, axis=0), rel=SIXTEEN_BITS)
    rows.losses[0, 0], rows.part_losses[0, 0] = rows.losses[1, 0], rows.part_losses[1, 0]
    assert all(a[0].tobytes() == a[1].tobytes() for a in rows.arrays().values())  # nothing else was touched


def test_parts_of_the_day_are_six_hours() -> None:
    assert [part_of(START + bucket) for bucket in (1, 72, 73, 144, 145, 288, 289)] == [0, 0, 1, 1, 2, 3, 0]
    assert PARTS * 72 == DAY


def test_records_by_hand() -> None:
    rows = ForecastRows.empty(1)
    fresh = records(rows, CPU_OF_FIRST, START, (3, 48))
    assert (fresh == 1).all()
    hour, four_hours, part = (np.where(np.arange(E) < E // 2, 1 - off, 1 + off) for off in (0.25, 0.5, 0.75))
    for column, loss in ((rows.losses[0, 0], (hour, four_hours)), (rows.part_losses[0, 0], (part,) * PARTS)):
        column[:] = encode(np.stack(loss) * np.float32(64))  # relative to their mean: scale does not matter
    got = records(rows, CPU_OF_FIRST, START, (3, 12, 24, 48, 288))[0]
    middle = (hour + four_hours) / 2
    by_hand = [hour, hour, middle + (part - middle) / 4, (four_hours + part) / 2, (four_hours + part) / 2]
    assert got == pytest.approx(np.stack(by_hand), rel=2 * SIXTEEN_BITS)
    assert LEARNED == (12, 48)


def test_weights_by_hand() -> None:
    got = weights(np.array([[2, 2.5, 4], [0, 1, 0], [0, 0, 0]], np.float32))
    assert got == pytest.approx(np.array([[1, np.exp(-1), np.exp(-4)], [1, 0, 1], [1, 1, 1]]), rel=1e-5)


def test_who_abstains_is_charged_what_the_forecast_lost() -> None:
    predictions = np.array([[5, NAN, 1]], np.float32)
    errors = charged(predictions, np.array([4.0], np.float32), np.array([2.0], np.float32))
    assert errors.tolist() == [[3, 2, 1]]


def test_combining_by_hand() -> None:
    predictions = np.array([[3, 1, 2], [3, NAN, 2], [NAN, NAN, NAN]], np.float32)
    losses = np.array([[1, 9, 9], [9, 1, 9], [1, 1, 1]], np.float32)
    # best expert; best one abstains and the others' weights are equal: lower median; nobody speaks
    np.testing.assert_array_equal(combine(predictions, losses)[0], np.array([3, 2, NAN], np.float32))


def test_experts_whose_weights_underflow_are_heard_when_the_best_abstains() -> None:
    predictions = np.array([[NAN, 7, 7]], np.float32)
    assert combine(predictions, np.array([[1e-6, 1e6, 1e6]], np.float32))[0] == 7


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.permutations(range(9)))
def test_combining_as_numpy_does_and_a_row_alone(seed: int, order: list[int]) -> None:
    rng = np.random.default_rng(seed)
    predictions = rng.lognormal(size=(9, E)).astype(np.float32)
    predictions[rng.random((9, E)) < 0.2] = NAN
    losses = rng.lognormal(0, 0.3, (9, E)).astype(np.float32)
    p50, weight = combine(predictions, losses)
    plain = np.exp(-SHARPNESS * (losses / losses.min(axis=1, keepdims=True) - 1.0))
    plain[np.isnan(predictions)] = 0
    assert weight == pytest.approx(plain, rel=1e-4, abs=1e-12)
    for row in range(9):  # half of the weight is at or below the median, and not below the next smaller value
        below, upto = (
            weight[row][those].sum() for those in (predictions[row] < p50[row], predictions[row] <= p50[row])
        )
        half = weight[row].sum() / 2
        assert below <= half * (1 + 1e-5)
        assert upto >= half * (1 - 1e-5)
    again, weight_again = combine(predictions[order], losses[order])
    assert again.tobytes() == p50[order].tobytes()
    assert weight_again.tobytes() == weight[order].tobytes()
    assert combine(predictions[3], losses[3])[0].tobytes() == p50[3].tobytes()
