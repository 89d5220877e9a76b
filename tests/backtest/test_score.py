"""Scores, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.backtest.classes import classes, shifts
from engine.backtest.model import Floats, Series
from engine.backtest.naive import NAIVE, last
from engine.backtest.plan import Plan, buckets_of, leads_of
from engine.backtest.score import Pairs, coverage, score
from engine.errors import UserError

NAN = float("nan")


def floats(*values: float) -> Floats:
    return np.array(values, dtype=np.float64)


PAIRS = Pairs(
    p05=floats(1, 1, 1, 1, 1),
    p50=floats(2, 2, 4, 2, NAN),
    p95=floats(3, 3, 5, 3, 3),
    actual=floats(2, 4, 1, NAN, 7),
)


def test_by_hand() -> None:
    got = score(PAIRS, floats(3, NAN, 2, 2, 2))
    assert got.n == 3
    assert got.wape == pytest.approx((0 + 2 + 3) / (2 + 4 + 1))
    assert got.mase == pytest.approx((0 + 3) / (1 + 1))  # the second has no last value
    assert got.pinball_05 == pytest.approx((0.05 * 1 + 0.05 * 3 + 0) / 3)
    assert got.pinball_50 == pytest.approx((0 + 0.5 * 2 + 0.5 * 3) / 3)
    assert got.pinball_95 == pytest.approx((0.05 * 1 + 0.95 * 1 + 0.05 * 4) / 3)
    assert (got.coverage_05, got.coverage_50, got.coverage_95) == pytest.approx((1 / 3, 2 / 3, 2 / 3))


def test_points_have_no_coverage_and_nothing_has_no_score() -> None:
    unknown = np.full(5, NAN)
    point = score(Pairs(unknown, PAIRS.p50, unknown, PAIRS.actual), PAIRS.p50)
    assert (point.n, point.mase, point.pinball_05, point.coverage_50, point.coverage_95) == (3, 1.0, None, None, None)
    assert point.pinball_50 is not None
    empty = score(Pairs(unknown, unknown, unknown, PAIRS.actual), PAIRS.p50)
    assert set(empty.as_dict().values()) == {0, None}
    idle = score(Pairs(*(np.zeros(3) for _ in range(4))), np.zeros(3))
    assert (idle.wape, idle.mase, idle.pinball_95, idle.coverage_05) == (None, None, 0.0, 1.0)


def test_coverage_of_a_class() -> None:
    assert coverage(PAIRS, np.array([True, True, False, True, True])) == {"n": 2, "05": 0.0, "50": 0.5, "95": 0.5}


AMOUNT = st.integers(0, 10**6)


@given(st.lists(st.tuples(AMOUNT, AMOUNT, AMOUNT), min_size=1, max_size=50))
def test_scale_of_a_score(rows: list[tuple[int, int, int]]) -> None:
    """Times 1024, errors relative to the actual stay, losses are 1024 times as high; a perfect forecast has none."""
    actual, forecast, before = np.array(rows, dtype=np.float64).T
    one = score(Pairs(0.5 * forecast, forecast, 2 * forecast, actual), before)
    scaled = [1024 * x for x in (0.5 * forecast, forecast, 2 * forecast, actual)]
    other = score(Pairs(*scaled), 1024 * before)
    assert (one.wape, one.mase, one.coverage_95) == (other.wape, other.mase, other.coverage_95)
    assert one.pinball_95 is not None
    assert other.pinball_95 == 1024 * one.pinball_95
    assert 2 * (one.pinball_50 or 0) == pytest.approx(np.abs(actual - forecast).mean())
    perfect = score(Pairs(actual, actual, actual, actual), before)
    assert (perfect.pinball_05, perfect.pinball_95, perfect.coverage_05, perfect.wape or 0.0) == (0.0, 0.0, 1.0, 0.0)


def series(mean: Floats, first: int = 2016) -> Series:
    return Series("a", "cpu", first, mean)


def test_naive_forecasts_by_hand() -> None:
    mean = np.arange(9 * 288, dtype=np.float64)  # the value is the place
    mean[-1] = NAN
    origin = np.array([2016 + len(mean) - 1])
    end, lead = len(mean) - 1, 24
    got = {n.name: n.forecast(series(mean), origin, np.array([lead])).p50[0, 0] for n in NAIVE}
    assert got["last"] == end - 1
    assert got["hour-mean"] == end - 6
    assert got["yesterday"] == end + lead - 288
    assert got["mean-7-days"] == end + lead - 4 * 288
    assert got["last+yesterday"] == 0.5 * (got["last"] + got["yesterday"])
    assert got["last+mean-7-days"] == 0.5 * (got["last"] + got["mean-7-days"])


def test_the_last_value_is_of_the_last_hour() -> None:
    mean = np.append(floats(1, 2), np.full(20, NAN))
    got = last(series(mean, 10), np.array([9, 10, 11, 22, 23]), np.array([3, 6]))
    np.testing.assert_array_equal(got[:, 0], floats(NAN, 1, 2, 2, NAN))
    np.testing.assert_array_equal(got[:, 0], got[:, 1])


def test_naive_forecasts_are_causal() -> None:
    random = np.random.default_rng(1)
    mean = random.random(3 * 288)
    origins, leads = np.arange(2016, 2016 + len(mean), 7), np.array([1, 12, 288])
    for cut in (1, 100, 500):
        early = origins[origins < 2016 + cut]
        for naive in NAIVE:
            whole = naive.forecast(series(mean), origins, leads).p50[: len(early)]
            np.testing.assert_array_equal(whole, naive.forecast(series(mean[:cut]), early, leads).p50)


def test_a_shift_of_level_and_the_hours_after_it() -> None:
    mean = 1 + 0.1 * np.sin(np.arange(5 * 288) / 20)
    mean[900:] += 1
    assert shifts(series(mean)).tolist() == [2016 + 900]
    got = classes(series(mean), 2016 + np.array([0, 287, 288, 899, 900, 971, 972]), 24)
    assert got["young"].tolist() == [True, True, False, False, False, False, False]
    assert got["after_shift"].tolist() == [False, False, False, False, True, True, False]
    assert (got["night"] ^ got["day"]).all()


def test_night_is_22_to_6_utc_at_the_target() -> None:
    got = classes(series(np.ones(288), 0), np.array([0, 12 * 5 - 24, 12 * 6 - 24, 12 * 22 - 24, 12 * 23 - 24]), 24)
    assert got["night"].tolist() == [True, True, False, True, True]


def test_origins_and_what_is_scored() -> None:
    plan = Plan(leads=(24, 48), every=12, score_last=2016, score_skip=576)
    assert plan.origins(13, 30).tolist() == [24, 36]
    ten_days = series(np.ones(2880), 0)
    targets = np.array([0, 575, 576, 863, 864, 2879])
    assert plan.scored(ten_days, targets).tolist() == [False, False, False, False, True, True]
    three_days = series(np.ones(864), 0)
    assert plan.scored(three_days, targets).tolist() == [False, False, True, True, True, True]


@pytest.mark.parametrize("text", ["", "4", "h", "-1h", "7m", "0h", "four hours", "1e1h"])
def test_times_that_are_none(text: str) -> None:
    with pytest.raises(UserError, match=r"--every: expected a"):
        buckets_of(text, "--every")


def test_times() -> None:
    assert [buckets_of(text, "--every") for text in ("300s", "15m", "1h", "0.5h", "7d")] == [1, 3, 12, 6, 2016]
    assert leads_of("4h, 15m,2h,2h") == (3, 24, 48)
    with pytest.raises(UserError, match=r"--leads: expected at most 24 hours, got '25h'"):
        leads_of("2h,25h")
