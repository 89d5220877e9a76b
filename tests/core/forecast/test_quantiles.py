from __future__ import annotations

import numpy as np
import pytest
from river import stats

from engine.core.forecast.quantiles import BOUNDS, band, error_scale, track
from engine.core.forecast.state import INITIAL_MARGIN


def test_band_by_hand() -> None:
    got = band(np.array([10.0, 1.0]), np.array([2.0, 2.0]), np.array([[3.0, 4.0], [1.0, 0.5]]))
    assert got.tolist() == [[4, 10, 18], [0, 1, 2]]


def test_error_scale_goes_from_prior_to_record() -> None:
    # without a record 30 % of the level; at 30 scored, sum (1 - .95^30)/.05 = 15.707, prior 4 x .95^30 = .8586
    level = np.array([10.0, 10.0, 10.0])
    got = error_scale(np.array([0, 15.707, 20.0]), np.array([0, 30, 10_000]), level)
    assert got == pytest.approx([3, (15.707 + 0.8586 * 3) / (15.707 + 0.8586), 1], rel=1e-4)


def test_a_miss_widens_and_a_hit_narrows_one_side() -> None:
    margins = np.full((3, 2), 2.0, np.float32)
    quantiles = np.tile(np.array([1, 2, 3], np.float32), (3, 1))
    below, within, above = track(margins, quantiles, np.array([0.5, 3.0, 3.5]))
    assert within == pytest.approx([2 * np.exp(-0.0075)] * 2)
    assert below == pytest.approx([2 * np.exp(0.1425), 2 * np.exp(-0.0075)])
    assert above == pytest.approx([2 * np.exp(-0.0075), 2 * np.exp(0.1425)])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_margin_finds_the_quantile_that_river_finds(seed: int) -> None:
    """Within a tenth: the step that lets it follow changes makes it wander."""
    errors = np.random.default_rng(seed).standard_exponential(3000).astype(np.float32)
    theirs = stats.Quantile(0.95)
    margins, trail = np.full((1, 2), INITIAL_MARGIN, np.float32), []
    for error in errors:
        theirs.update(float(error))
        margins = track(margins, band(np.zeros(1), np.ones(1), margins), np.array([error]))
        trail.append(margins[0, 1])
    assert np.mean(trail[500:]) == pytest.approx(theirs.get(), rel=0.1)
    assert np.mean(errors[500:] > np.array(trail[499:-1])) == pytest.approx(0.05, abs=0.005)


def test_margins_are_bounded() -> None:
    never, always = np.array([[0, 1, 2]], np.float32), np.array([[-2, -1, 0.5]], np.float32)
    narrow = wide = np.ones((1, 2), np.float32)
    for _ in range(1000):
        narrow, wide = track(narrow, never, np.ones(1)), track(wide, always, np.ones(1))
    assert narrow[0, 1] == np.float32(BOUNDS[0])
    assert wide[0, 1] == np.float32(BOUNDS[1])
