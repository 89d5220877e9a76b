from __future__ import annotations

import numpy as np
import pytest
from river import time_series

from engine.core.forecast import check_forecaster, forecast, observe
from engine.core.forecast.history import half_hour_of, half_hours
from engine.core.forecast.state import HALF_HOURS, ForecastRows
from engine.messages import Forecaster
from tests.core.forecast.feeding import DAY, LATER, START, copied, fed, feed, grown_up, usage

HOLT = Forecaster("HoltWinters", {"alpha": 0.3, "beta": 0.1})
HOUR = LATER + 12 - LATER % 12


@pytest.mark.parametrize(
    ("forecaster", "says"),
    [
        (HOLT, None),
        (Forecaster("SNARIMAX", {"p": 2, "d": 1, "q": 1, "m": 48, "sp": 1}), None),
        (Forecaster("Prophet"), "expected a forecaster of river's time_series (HoltWinters, SNARIMAX), got 'Prophet'"),
        (Forecaster("evaluate"), "got 'evaluate'"),
        (Forecaster("HoltWinters"), "HoltWinters: "),  # alpha is missing
        (Forecaster("HoltWinters", {"alpha": 0.3, "delta": 1}), "delta"),
        (Forecaster("HoltWinters", {"alpha": "much"}), "expected a number for alpha, got 'much'"),
        (Forecaster("HoltWinters", {"alpha": float("nan")}), "expected a number for alpha, got nan"),
        (Forecaster("HoltWinters", {"alpha": 0.3, "gamma": 0.3, "seasonality": 48}), "beta must be set"),
        (Forecaster("SNARIMAX", {"p": 10_000, "d": 0, "q": 0}), "expected 0 to 48 for p"),
        (Forecaster("SNARIMAX", {"p": 1, "d": 0, "q": 0, "regressor": "os.system"}), "expected a number for regressor"),
    ],
)
def test_check(forecaster: Forecaster, says: str | None) -> None:
    got = check_forecaster(forecaster)
    assert got is None if says is None else got is not None and says in got


def test_its_forecast_is_rivers_on_the_half_hours() -> None:
    rows, values = copied(grown_up()), usage(21, HOUR - LATER + 1, 6)
    plain = copied(rows)
    feed(rows, LATER, values[:-1])
    feed(plain, LATER, values)
    assert observe(rows, HOUR, values[-1], values[-1], {2: HOLT}) == {}
    one = (np.array([2]), np.array([1]))
    model = time_series.HoltWinters(alpha=0.3, beta=0.1)
    for value in half_hours(rows, one, half_hour_of(HOUR) - np.arange(HALF_HOURS)[::-1])[0]:
        if not np.isnan(value):
            model.learn_one(float(value))
    path = model.forecast(horizon=8)
    got, builtin = forecast(rows), forecast(plain)
    assert got.p50[2, 1] == pytest.approx([path[1], path[3], path[7]], rel=1e-6)
    others = np.array([0, 1, 3, 4, 5])
    np.testing.assert_array_equal(got.p95[others], builtin.p95[others])
    width = builtin.p95 - builtin.p50  # the band keeps its tracked width
    assert got.p95[2] - got.p50[2] == pytest.approx(width[2], rel=1e-4)


def test_what_it_forecast_is_what_is_scored() -> None:
    constant = Forecaster("HoltWinters", {"alpha": 0.0})  # stays at the mean of the first two half-hours
    values = np.concatenate([np.full((12, 1, 2), 1.0), np.full((24, 1, 2), 3.0)])
    rows = ForecastRows.empty(1)
    for step, mean in enumerate(values):
        assert observe(rows, START + 1 + step, mean, mean, {0: constant}) == {}
    got = forecast(rows)
    assert got.p50[0, 0].tolist() == [1, 1, 1]
    assert got.wape[0, 0, 0] == pytest.approx((2 + 2) / (3 + 3))


SEASON_OF_A_DAY = Forecaster("HoltWinters", {"alpha": 0.3, "beta": 0.1, "gamma": 0.1, "seasonality": 48})
DIVERGES = Forecaster("HoltWinters", {"alpha": 40, "beta": 40})


@pytest.mark.parametrize(
    ("forecaster", "buckets", "reason"),
    [
        (SEASON_OF_A_DAY, 24, "HoltWinters on memory: deque index out of range; the built-in forecast is used"),
        (DIVERGES, 8 * DAY, "HoltWinters on memory: its forecast is not finite; the built-in forecast is used"),
    ],
)
def test_the_built_in_answers_where_it_cannot(forecaster: Forecaster, buckets: int, reason: str) -> None:
    values = usage(6, buckets, 1)
    rows, plain = fed(values[:-1], START + 1), fed(values, START + 1)
    assert observe(rows, START + buckets, values[-1], values[-1], {0: forecaster}) == {0: reason}
    np.testing.assert_array_equal(forecast(rows).p50, forecast(plain).p50)


def test_between_hours_it_is_not_asked() -> None:
    rows = copied(grown_up())
    assert observe(rows, HOUR + 1, np.ones((6, 2)), np.ones((6, 2)), {0: Forecaster("NoSuchThing")}) == {}
