"""The benchmark's own sums: what foresight requests, and episodes at equal slack."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from benchmarks.sizing.equal_slack import at_slack
from benchmarks.sizing.foresight import requests, slack
from engine.traces import Series


def test_with_none_above_foresight_requests_each_highest_sample() -> None:
    stretch, used = np.array([1, 1, 2, 2, 2.0]), np.array([3, 1, 2, 5, 4.0])
    assert requests(stretch, used, 0.0).tolist() == [3, 3, 5, 5, 5]


@pytest.mark.parametrize("seed", range(5))
def test_no_other_choice_of_as_many_samples_above_requests_less(seed: int) -> None:
    rng = np.random.default_rng(seed)
    stretch, used = np.repeat([1.0, 2.0, 3.0], 4), rng.lognormal(0, 1, 12)
    found = requests(stretch, used, 0.25)
    above = int((used > found).sum())
    assert above <= 3
    levels = [[*used[stretch == one], 0.0] for one in (1, 2, 3)]
    others = [np.repeat(chosen, 4) for chosen in product(*levels)]
    assert found.sum() == pytest.approx(min(o.sum() for o in others if (used > o).sum() <= above))


def test_series_of_a_sample_a_change_need_no_slack() -> None:
    time_s = 300 * np.arange(1, 100, dtype=np.float64)
    series = Series("s", time_s, np.stack([np.linspace(1, 2, 99), np.full(99, np.nan)], axis=1))
    assert slack([series], 0, 300.0, 0.0, 86_400.0) == 0
    assert 0 < slack([series], 0, 1800.0, 0.0, 86_400.0) < 0.1
    assert np.isnan(slack([series], 1, 300.0, 0.0, 86_400.0))


def test_episodes_lie_on_a_line_between_two_points() -> None:
    points = [(0.2, 40), (0.4, 20), (0.6, 10)]
    assert at_slack(0.5, points) == ("15", "0.400, 0.600")
    assert at_slack(0.4, points)[0] == "20"
    assert at_slack(0.7, points) == ("<= 10", "0.600"), "with less slack there were so many"
    assert at_slack(0.1, points)[0] == "–"
