from __future__ import annotations

import numpy as np
import pytest
from river import time_series

from engine.core.forecast import LEADS, check_forecaster, forecast, observe
from engine.core.forecast.history import history
from engine.core.forecast.state import ForecastRows
from engine.messages import Forecaster
from tests.core.forecast.feeding import DAY, LATER, START, copied, fed, feed, grown_up, usage

SIXTEEN_BITS = 2.0**-10
"""Largest relative error of a median that is kept."""
HOLT = Forecaster("HoltWinters", {"alpha": 0.3, "beta": 0.1})
HOUR = LATER + 12 - LATER % 12
WEEK = 168


@pytest.mark.parametrize(
    ("forecaster", "says"),
    [
        (HOLT, None),
        (Forecaster("SNARIMAX", {"p": 2, "d": 1, "q": 1, "m": 24, "sp": 1}), None),
        (Forecaster("HoltWinters", {"alpha": 0.3, "beta": 0.1, "gamma": 0.3, "seasonality": WEEK}), None),
        (Forecaster("Prophet"), "expected a forecaster of river's time_series (HoltWinters, SNARIMAX), got 'Prophet'"),
        (Forecaster("evaluate"), "got 'evaluate'"),
        (Forecaster("HoltWinters"), "HoltWinters: "),  # alpha is missing
        (Forecaster("HoltWinters", {"alpha": 0.3, "delta": 1}), "delta"),
        (Forecaster("HoltWinters", {"alpha": "much"}), "expected a number for alpha, got 'much'"),
        (Forecaster("HoltWinters", {"alpha": float("nan")}), "expected a number for alpha, got nan"),
        (Forecaster("HoltWinters", {"alpha": 0.3, "gamma": 0.3, "seasonality": 24}), "beta must be set"),
        (
            Forecaster("HoltWinters", {"alpha": 0.3, "beta": 0.1, "gamma": 0.3, "seasonality": 336}),
            "expected 0 to 168 for seasonality (in hours where it is a time), got 336",
        ),
        (Forecaster("SNARIMAX", {"p": 10_000, "d": 0, "q": 0}), "expected 0 to 48 for p"),
        (Forecaster("SNARIMAX", {"p": 1, "d": 0, "q": 0, "regressor": "os.system"}), "expected a number for regressor"),
    ],
)
def test_check(forecaster: Forecaster, says: str | None) -> None:
    got = check_forecaster(forecaster)
    assert got is None if says is None else got is not None and says in got


def _rivers(rows: ForecastRows, row: int, resource: int) -> list[float]:
    """HOLT's forecast at the leads, from the hours that rows remember; a gap is the hour before it."""
    series = (np.array([row]), np.array([resource]))
    hours = history(rows, series, HOUR).means[0, ::-1] * rows.unit[row, resource]
    model, before = time_series.HoltWinters(alpha=0.3, beta=0.1), np.nan
    for value in hours:
        before = before if np.isnan(value) else float(value)
        if not np.isnan(before):
            model.learn_one(before)
    path = model.forecast(horizon=4)
    return [path[0], path[0], path[0], path[1], path[3]]  # 15 min, 30 min, 1 h: the next hour


def test_its_forecast_is_rivers_on_the_hours() -> None:
    rows, values = copied(grown_up()), usage(21, HOUR - LATER + 1, 6)
    plain = copied(rows)
    feed(rows, LATER, values[:-1])
    feed(plain, LATER, values)
    assert observe(rows, HOUR, values[-1], values[-1], {2: HOLT}) == {}
    got, builtin = forecast(rows), forecast(plain)
    for resource in range(2):
        assert got.p50[2, resource] == pytest.approx(_rivers(rows, 2, resource), rel=SIXTEEN_BITS)
    others = np.array([0, 1, 3, 4, 5])
    np.testing.assert_array_equal(got.p95[others], builtin.p95[others])
    assert (got.p05 <= got.p50).all()
    assert (got.p95[2] > got.p50[2]).all()


def test_hours_that_are_missing_are_as_the_hour_before() -> None:
    rows, values = ForecastRows.empty(3), usage(21, 2 * DAY, 3)
    values[30:100, 2], values[300:340, 2] = np.nan, np.nan
    first = HOUR - 2 * DAY + 1
    feed(rows, first, values[:-1])
    assert observe(rows, HOUR, values[-1], values[-1], {2: HOLT}) == {}
    assert forecast(rows).p50[2, 0] == pytest.approx(_rivers(rows, 2, 0), rel=SIXTEEN_BITS)


def test_what_it_forecast_is_what_is_scored() -> None:
    constant = Forecaster("HoltWinters", {"alpha": 0.0})  # stays at the first hours' mean
    values = np.concatenate([np.full((24, 1, 2), 1.0), np.full((24, 1, 2), 3.0)])
    rows = ForecastRows.empty(1)
    for step, mean in enumerate(values):
        observe(rows, START + 1 + step, mean, mean, {0: constant})
    got = forecast(rows)
    assert got.p50[0, 0].tolist() == [1] * 5
    # for hours 2, 3 and 4 an hour ahead: 1 each, of 1, 3 and 3
    assert got.wape[0, 0, LEADS.index(12)] == pytest.approx((0 + 2 + 2) / (1 + 3 + 3))


SEASON_OF_A_DAY = Forecaster("HoltWinters", {"alpha": 0.3, "beta": 0.1, "gamma": 0.1, "seasonality": 24})
DIVERGES = Forecaster("HoltWinters", {"alpha": 40, "beta": 40})


@pytest.mark.parametrize(
    ("forecaster", "buckets", "reason"),
    [
        (SEASON_OF_A_DAY, 24, "HoltWinters on memory: deque index out of range; the built-in forecast is used"),
        (DIVERGES, 3 * DAY, "HoltWinters on memory: its forecast is not finite; the built-in forecast is used"),
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
