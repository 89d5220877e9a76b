"""Expected values by hand, from a history whose half-hours are known."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.forecast import LEADS, ForecastRows
from engine.core.forecast.experts import predict
from engine.core.forecast.state import EXPERTS
from engine.core.rows import Array
from tests.core.forecast.feeding import DAY, START, feed

CPU_OF_FIRST = (np.array([0]), np.array([0]))


def _said(values: Array) -> dict[str, Array]:
    """By expert, what it says at the leads after these CPU values, the last of which is on the hour."""
    first = START + 12 - len(values) % 12 + 1
    rows = feed(ForecastRows.empty(1), first, np.stack([values, values], axis=-1)[:, None])
    last = first + len(values) - 1
    assert last % 12 == 0
    predictions = predict(rows, CPU_OF_FIRST, last)[0]
    return {name: predictions[:, k] for k, name in enumerate(EXPERTS)}


def test_an_hour_of_data() -> None:
    said = _said(np.arange(1.0, 13.0))
    expected = {"last": 12, "hour_mean": 6.5, "median_3h": 6.5, "median_6_hours": 9.5, "lower_median": 6.5}
    assert {name: said[name].tolist() for name in expected} == {k: [v] * 3 for k, v in expected.items()}
    for profile in ("yesterday", "median_7_days", "same_weekday", "mean_3_days_shifted", "median_7_days_scaled"):
        assert np.isnan(said[profile]).all()


def test_days_of_different_levels() -> None:
    # After eight whole days of levels 1, 2, 4 ... 128, the targets lie in the ninth: yesterday was 128, the third day
    # back 32, the same weekday 2; the hour before midnight belongs to the day before.
    said = _said(np.repeat(2.0 ** np.arange(8), DAY))
    assert said["yesterday"].tolist() == [128] * 3
    assert said["median_7_days"].tolist() == [16] * 3
    assert said["same_weekday"].tolist() == [2] * 3
    # mean(128, 64, 32) + 128 - mean(64, 32, 16)
    assert said["mean_3_days_shifted"] == pytest.approx([74.67 + 128 - 37.33] * 3, rel=1e-3)
    # the usual hour before midnight was 8, now 128: within reason that is 2.5 times
    assert said["median_7_days_scaled"].tolist() == [40] * 3


def test_a_daily_pattern_is_known_at_every_lead() -> None:
    day = 10 + 5 * np.sin(2 * np.pi * np.arange(1, DAY + 1) / DAY)
    said = _said(np.tile(day, 8))
    truth = day[np.array(LEADS) - 1]  # after whole days
    for profile in ("yesterday", "median_7_days", "same_weekday", "mean_3_days_shifted", "median_7_days_scaled"):
        assert said[profile] == pytest.approx(truth, rel=0.01)  # half-hours are coarser than buckets


def test_present_level_moves_the_profile() -> None:
    day = 10 + 5 * np.sin(2 * np.pi * np.arange(1, DAY + 1) / DAY)
    values = np.tile(day, 8)
    values[-12:] *= 2  # the last hour is twice the usual
    said, usual = _said(values), day[np.array(LEADS) - 1]
    assert said["median_7_days_scaled"] == pytest.approx(2 * usual, rel=0.01)
    assert said["mean_3_days_shifted"] == pytest.approx(usual + day[-12:].mean(), rel=0.01)
    assert said["yesterday"] == pytest.approx(usual, rel=0.01)
