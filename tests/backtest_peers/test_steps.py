"""Buckets to steps and back; what a peer may see."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.backtest.model import Series
from engine.backtest.peers.steps import DAY, at_leads, history, steps_ahead, widened


def series(mean: np.ndarray, first: int = 1000) -> Series:
    return Series("s", "cpu", first, mean)


def test_history_ends_at_the_origin_in_whole_steps_over_their_mean() -> None:
    ramp = np.arange(2.0 * DAY)
    past = history(series(ramp), 1000 + DAY + 5, 6)  # buckets 0…DAY+5 are known: 49 steps of 6
    assert past is not None
    assert len(past.value) == 49
    assert past.scale == pytest.approx((DAY + 5) / 2)
    assert past.value[-1] * past.scale == pytest.approx(DAY + 2.5)
    assert past.noise * past.scale == pytest.approx(np.std(np.arange(6)))


def test_gaps_take_the_value_before_and_what_precedes_the_first_is_cut() -> None:
    mean = np.full(2 * DAY + 6, np.nan)
    mean[3], mean[DAY] = 2.0, 4.0
    past = history(series(mean), 1000 + len(mean) - 1, 6)
    assert past is not None
    amounts = past.value * past.scale
    assert set(np.unique(amounts.round(9))) <= {2.0, 4.0, *np.round(np.arange(2, 4, 1 / 3), 9)}
    assert (amounts[0], amounts[-1]) == (pytest.approx(2.0), pytest.approx(4.0))


def test_less_than_a_day_or_only_zeros_is_no_history() -> None:
    assert history(series(np.ones(DAY - 1)), 1000 + DAY, 6) is None
    assert history(series(np.zeros(3 * DAY)), 1000 + 3 * DAY, 6) is None
    assert history(series(np.full(3 * DAY, np.nan)), 1000 + 3 * DAY, 6) is None


@given(st.integers(1, 12), st.lists(st.integers(1, 300), min_size=1, max_size=5, unique=True))
def test_a_straight_line_of_step_means_gives_the_line_at_every_lead(size: int, wanted: list[int]) -> None:
    """Means of a line over steps, read at the leads, are the line: nothing is shifted by half a step."""
    leads = np.array(sorted(wanted))
    steps = steps_ahead(leads, size)
    line = np.arange(1.0, size * steps + 1).reshape(-1, size).mean(axis=1)
    said = at_leads(line, leads, size)
    assert said == pytest.approx(np.maximum(leads, (size + 1) / 2))


def test_bounds_widen_by_the_scatter_within_a_step() -> None:
    p50 = np.array([1.0, 1.0])
    assert widened(p50, np.array([4.0, -2.0]), 0.0) == pytest.approx([4.0, -2.0])
    assert widened(p50, np.array([4.0, -2.0]), 4 / 1.6449) == pytest.approx([6.0, -4.0])
