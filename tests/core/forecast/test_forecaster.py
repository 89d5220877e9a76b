"""The forecaster as a whole, by hand: when it speaks, what it scores, what it remembers."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.forecast import LEADS, ForecastRows, forecast
from engine.core.rows import Array
from tests.core.forecast.feeding import DAY, LATER, START, copied, fed, feed, grown_up, same, usage

NAN = np.nan
HOUR_AHEAD = LEADS.index(12)


def _both(values: Array) -> Array:
    """The same for CPU and memory of one container: [buckets, 1, 2]."""
    return np.repeat(np.asarray(values, float), 2).reshape(-1, 1, 2)


def test_state_fits() -> None:
    assert ForecastRows.empty().row_bytes() <= 3200


def test_leads_are_a_quarter_of_an_hour_to_four_hours() -> None:
    assert [lead * 5 for lead in LEADS] == [15, 30, 60, 120, 240]


def test_first_forecast_is_made_at_the_third_bucket() -> None:
    two = forecast(fed(_both(np.array([1, 2])), START + 3))
    assert np.isnan(two.p50).all()
    assert two.origin.tolist() == [[-1, -1]]
    three = forecast(fed(_both(np.array([1, 2, 3])), START + 3))
    assert three.origin.tolist() == [[START + 5] * 2]
    assert three.buckets_seen.tolist() == [[3, 3]]
    assert (three.p05 < three.p50).all()
    assert (three.p95 > three.p50).all()
    more = forecast(fed(_both(np.array([1, 2, 3, 4, 5, 6, 7, 8, 9])), START + 3))
    assert more.origin.tolist() == [[START + 5] * 2]  # until the hour
    hour = forecast(fed(_both(np.arange(1, 11)), START + 3))
    assert hour.origin.tolist() == [[START + 12] * 2]


def test_first_forecast_on_the_hour_when_the_third_bucket_is_there() -> None:
    rows = fed(_both(np.ones(3)), START - 2)
    assert forecast(rows).origin.tolist() == [[START] * 2]
    assert (rows.made == 1).all()


def test_a_first_forecast_between_hours_is_not_scored() -> None:
    got = forecast(fed(_both(np.ones(14)), START + 1))  # first on the hour: START + 12
    assert got.scored.sum() == 0
    got = forecast(fed(_both(np.ones(15)), START + 1))
    assert got.scored[0, 0].tolist() == [1, 0, 0, 0, 0]
    got = forecast(fed(_both(np.ones(24)), START + 1))
    assert got.scored[0, 0].tolist() == [1, 1, 1, 0, 0]


def test_counts_of_scored_forecasts() -> None:
    # origins on the hour from START + 12 to START + 120, ten; due are those whose target is not later
    got = forecast(fed(_both(np.ones(120)), START + 1))
    assert got.scored[0].tolist() == [[9, 9, 9, 8, 6]] * 2
    assert got.wape[0].tolist() == [[0] * 5] * 2
    assert got.coverage[0].tolist() == [[1] * 5] * 2


def test_wape_and_coverage_by_hand() -> None:
    # constant 4 for a day, then 5: of the 23 forecasts scored for 1 h the last is wrong by 1 of 5, above p95
    values = np.full(24 * 12, 4.0)
    values[-1] = 5.0
    got = forecast(fed(_both(values), START + 1))
    scored = 23
    assert got.scored[0, 0, HOUR_AHEAD] == scored
    assert got.wape[0, 0, HOUR_AHEAD] == pytest.approx(1 / (22 * 4 + 5))
    assert got.coverage[0, 0, HOUR_AHEAD] >= (scored - 1) / scored
    assert got.wape[0, 0, 0] == 0  # the target of 15 min lies before


def test_missing_targets_and_origins_are_not_scored() -> None:
    values = np.ones(48)
    values[23] = NAN  # hour 2: neither an origin nor a target
    got = forecast(fed(_both(values), START + 1))
    # 15 and 30 min from hours 1 and 3; 1 h only from hour 3; 2 h from hour 1
    assert got.scored[0, 0].tolist() == [2, 2, 1, 1, 0]
    values[35] = NAN
    got = forecast(fed(_both(values), START + 1))
    assert got.scored[0, 0].tolist() == [1, 1, 0, 0, 0]


def test_a_target_between_hours_that_is_missing_is_not_scored() -> None:
    values = np.ones(24)
    values[14] = NAN  # 15 min after hour 1
    got = forecast(fed(_both(values), START + 1))
    assert got.scored[0, 0].tolist() == [0, 1, 1, 0, 0]


def test_after_a_long_gap_old_forecasts_are_not_scored() -> None:
    rows = copied(grown_up())
    scored = forecast(rows).scored
    feed(rows, LATER + 2 * DAY - LATER % 12, usage(5, 1, 6))
    assert (forecast(rows).scored == scored).all()
    assert (forecast(rows).origin == LATER + 2 * DAY - LATER % 12).all()


def test_a_bucket_without_samples_changes_nothing() -> None:
    rows = copied(grown_up())
    before = copied(rows)
    feed(rows, LATER, np.full((30, 6, 2), NAN))
    assert same(rows, before)


@pytest.mark.parametrize("bad", [np.inf, -1.0])
def test_what_cannot_be_usage_is_missing(bad: float) -> None:
    rows, other = copied(grown_up()), copied(grown_up())
    values = usage(3, 40, 6)
    values[7:20, 2, 1] = bad
    feed(rows, LATER, values)
    values[7:20, 2, 1] = NAN
    feed(other, LATER, values)
    assert same(rows, other)


def test_zeros_stay_zero_and_constants_constant() -> None:
    zeros = forecast(fed(_both(np.zeros(2 * DAY))))
    assert (zeros.p95 == 0).all()
    assert np.isnan(zeros.wape).all()
    constant = forecast(fed(_both(np.full(2 * DAY, 0.3))))
    assert constant.p50 == pytest.approx(np.full((1, 2, 5), 0.3), rel=1e-3)  # as the 16-bit history has it
    assert (constant.p95 >= 0.3).all()
    assert (constant.p95 < 0.31).all()
    assert constant.wape == pytest.approx(np.zeros((1, 2, 5)), abs=1e-3)


def test_usage_that_begins_with_zeros_is_forecast_once_it_has_begun() -> None:
    got = forecast(fed(_both(np.append(np.zeros(DAY), np.full(6 * 12, 2e8)))))
    assert got.p50[0, :, 0] == pytest.approx([2e8] * 2, rel=0.01)


def test_coverage_of_a_noisy_day() -> None:
    got = forecast(fed(usage(11, 10 * DAY, 20)))
    assert np.median(got.coverage) == pytest.approx(0.95, abs=0.02)
    assert np.median(got.wape) < 0.2  # the noise alone is .16


def test_a_leak_is_followed() -> None:
    got = forecast(fed(_both(1e9 + 1e6 * np.arange(3 * DAY))))
    truth = 1e9 + 1e6 * (3 * DAY - 1 + np.array(LEADS))
    assert got.p50[0, 0] == pytest.approx(truth, rel=0.03)
