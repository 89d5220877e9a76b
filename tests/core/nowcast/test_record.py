"""What a window leaves behind."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.forecast.compact import decode
from engine.core.nowcast import NowcastRows, end_window, note
from engine.core.nowcast.record import LOWEST, STEPS
from engine.core.nowcast.state import DAY, DAYS, RECENT
from tests.core.nowcast.build import shown, usage


def test_the_last_three_hours_are_remembered_by_window() -> None:
    samples = usage(1, 100)
    rows, _ = shown(samples, first=7)
    for window in range(7 + 100 - RECENT, 7 + 100):
        assert decode(rows.recent[:, :, window % RECENT]) == pytest.approx(samples[window - 7], rel=2**-9)


def test_windows_without_a_sample_are_missing() -> None:
    samples = usage(2, 80)
    samples[60:70] = np.nan
    rows, _ = shown(samples)
    remembered = decode(rows.recent)
    assert np.isnan(remembered[:, :, np.arange(61, 71) % RECENT]).all()
    assert not np.isnan(remembered[:, :, np.arange(71, 81) % RECENT]).any()


def test_after_more_than_three_hours_of_silence_nothing_recent_is_left() -> None:
    samples = usage(3, 120)
    samples[40:119] = np.nan
    rows, _ = shown(samples)
    assert (~np.isnan(decode(rows.recent))).sum(axis=-1).tolist() == [[1, 1]] * 3


def test_days_are_remembered_by_their_highest() -> None:
    samples = usage(4, 10 * DAY)
    rows, _ = shown(samples)
    for day in range(10 - DAYS, 10):
        highest = samples[day * DAY : (day + 1) * DAY].max(axis=0)
        assert decode(rows.days[:, :, day % DAYS]) == pytest.approx(highest, rel=2**-9)


def test_the_profile_is_what_cpu_usually_is_at_that_time_of_day() -> None:
    samples = np.ones((4 * DAY, 1, 2))
    samples[np.arange(4 * DAY) % DAY == 100] = 3.0
    rows, ended = shown(samples)
    amounts = LOWEST * 2.0 ** ((rows.profile[0].astype(float) - 1) / STEPS)
    assert amounts[101] == pytest.approx(3.0, rel=0.05)
    assert np.delete(amounts, 101) == pytest.approx(np.ones(DAY - 1), rel=0.05)
    assert ended.said.tolist() == [rows.profile[0, 0], 0], "memory has none"


def test_samples_of_a_window_make_its_highest_mean_and_count() -> None:
    rows, index = NowcastRows.empty(2), np.array([0, 1])
    for cpu in (1.0, 3.0, 2.0):
        note(rows, index, np.array([[cpu, np.nan], [cpu, 5.0]]))
    ended = end_window(rows, 9, index)
    assert (ended.row.tolist(), ended.resource.tolist()) == ([0, 1, 1], [0, 0, 1])
    assert ended.samples.tolist() == [3, 3, 3]
    assert ended.mean.tolist() == [2, 2, 5]
    assert decode(rows.recent[:, 0, 9]).tolist() == [3, 3]
    assert not rows.samples.any(), "the next begins afresh"
