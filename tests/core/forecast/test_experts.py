"""Expected values by hand, from a history whose hours are known."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.forecast import LEADS, ForecastRows
from engine.core.forecast.experts import predict
from engine.core.forecast.state import EXPERTS
from engine.core.rows import Array
from tests.core.forecast.feeding import DAY, START, feed

NAN = np.nan
CPU_OF_FIRST = (np.array([0]), np.array([0]))
HOURS_AHEAD = [LEADS.index(lead) for lead in (12, 24, 48)]
PROFILES = ("yesterday", "low_of_7_days", "same_kind_of_day", "mean_3_days_shifted", "median_profile_scaled")
LAST_WEEK = "last_week_shifted"
SIMILAR = tuple(name for name in EXPERTS if name.startswith("similar"))
PATTERN = 10 + 5 * np.sin(2 * np.pi * np.arange(1, DAY + 1) / DAY)


def _said(values: Array) -> dict[str, Array]:
    """By expert, what it says at the leads after these CPU values, the last of which is on the hour."""
    first = START + 12 - len(values) % 12 + 1
    rows = feed(ForecastRows.empty(1), first, np.stack([values, values], axis=-1)[:, None])
    last = first + len(values) - 1
    assert last % 12 == 0
    predictions = predict(rows, CPU_OF_FIRST, last, LEADS)[0] * rows.unit[0, 0]
    return {name: predictions[:, k] for k, name in enumerate(EXPERTS)}


def test_an_hour_of_data() -> None:
    said = _said(np.arange(1.0, 13.0))
    recent = {"last": 12, "median_half_hour": 9.5, "median_3h": 6.5, "mode_3h": 3.5, "lower_median": 6.5}
    for name, value in recent.items():
        assert said[name].tolist() == [value] * 5
    # the hour's mean, or its last bucket where the target is one
    assert said["median_24_hours"].tolist() == [6.5, 6.5, 12, 12, 12]
    np.testing.assert_array_equal(said["hour_mean_and_minute"], [6.5, 6.5, NAN, NAN, NAN])
    for name in (*PROFILES, LAST_WEEK, *SIMILAR):
        assert np.isnan(said[name]).all()


def test_the_last_known_bucket_and_the_lower_of_two_medians() -> None:
    # Twenty-one hours at 4, then three at 9 whose last two buckets are missing but for the hour's own.
    values = np.repeat([4.0, 9.0], [21 * 12, 3 * 12])
    values[-3:] = [NAN, NAN, 9.5]
    said = _said(values)
    assert said["last"].tolist() == [9.5] * 5
    assert said["median_3h"].tolist() == [9] * 5
    assert said["lower_median"].tolist() == [4] * 5
    assert said["median_24_hours"].tolist() == [4] * 5


def test_days_of_different_levels() -> None:
    # Eight whole days of levels 1, 2, 4 ... 128: a day before the targets it was 128, seven days before 2.
    said = _said(np.repeat(2.0 ** np.arange(8), DAY))
    expected = {
        "yesterday": 128,
        "low_of_7_days": 4 + 0.2 * (8 - 4),  # the second and the third of seven: a fifth of 6 is 1.2
        "median_profile_scaled": 16 * 2,  # the last hour is more than twice the 8 that is usual
        "last_week_shifted": 2 + (128 - 1) / 2,
        "mean_3_days_shifted": 128 + (128 + 64 + 32) / 3 - (64 + 32 + 16) / 3,
        "hour_mean_and_minute": 128,
    }
    for name, value in expected.items():
        assert said[name][HOURS_AHEAD] == pytest.approx([value] * 3, rel=2e-3), name
    # 15 minutes ahead lies .708 of the way from the middle of the last hour of one day to that of the next
    assert said["yesterday"][0] == pytest.approx(64 + 64 * 8.5 / 12, rel=2e-3)


def test_days_of_the_week_and_of_the_weekend_are_told_apart() -> None:
    # Thursday is the first day: the third and the fourth of a week are its weekend, at 3; the others are at 10.
    days = np.tile([10.0, 10, 3, 3, 10, 10, 10], 2)
    for count, expected in ((8, 10), (9, 3), (10, 3), (11, 10)):  # the targets lie on the day after
        said = _said(np.repeat(days[:count], DAY))["same_kind_of_day"]
        assert said[HOURS_AHEAD] == pytest.approx([expected] * 3, rel=2e-3)


def test_a_daily_pattern_is_known_at_every_lead() -> None:
    said, truth = _said(np.tile(PATTERN, 13)), PATTERN[np.array(LEADS) - 1]  # after whole days
    for name in PROFILES:
        assert said[name] == pytest.approx(truth, rel=0.01), name
    for name in SIMILAR:
        assert said[name] == pytest.approx(truth, rel=0.02), name


def test_present_level_moves_the_profile() -> None:
    values, usual = np.tile(PATTERN, 8), PATTERN[np.array(LEADS) - 1]
    values[-12:] *= 2  # the last hour is twice the usual
    said = _said(values)
    assert said["mean_3_days_shifted"] == pytest.approx(usual + PATTERN[-12:].mean(), rel=0.01)
    assert said["hour_mean_and_minute"] == pytest.approx([2 * PATTERN[-12:].mean()] * 5, rel=0.01)
    assert said["median_profile_scaled"] == pytest.approx(2 * usual, rel=0.01)
    assert said["yesterday"] == pytest.approx(usual, rel=0.01)


def test_what_runs_on_the_hour_is_expected_on_the_hour_alone() -> None:
    said = _said(np.tile(np.append(np.ones(11), 13.0), 3 * 24))
    for name in ("hour_mean_and_minute", "median_24_hours", "yesterday"):
        assert said[name] == pytest.approx([2, 2, 13, 13, 13], rel=2e-3), name
    assert said["same_kind_of_day"] == pytest.approx([2, 2, 5.3, 5.3, 5.3], rel=2e-3)  # 2 + .3 x 11


def test_the_trend_runs_out() -> None:
    said = _said(np.arange(1.0, 241.0))["damped_trend"]
    assert (np.diff(said) > 0).all()
    assert 240 - 10 < said[0] < 240 + 3
    assert said[-1] - said[0] < 45  # of 45 buckets at one each: the trend is damped


def test_nothing_is_below_zero() -> None:
    said = _said(np.maximum(0, 100 - 0.6 * np.arange(240.0)))
    assert all((np.nan_to_num(values) >= 0).all() for values in said.values())
