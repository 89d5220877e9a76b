"""What is seen to come, and that it hangs on nothing but the series itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.sizing.nowcast.network import quantiles as by_numpy
from engine.core.nowcast.features import features
from engine.core.nowcast.prior import CADENCES_S, load
from tests.core.nowcast.build import seen, shown, usage


@pytest.mark.parametrize("cadence_s", CADENCES_S)
def test_quantiles_never_cross(cadence_s: float) -> None:
    _, sight = seen(usage(5, 700), cadence_s)
    assert len(sight.row) == 6
    assert (np.diff(sight.quantiles, axis=1) >= 0).all()


def test_the_compiled_network_is_the_trained_one() -> None:
    samples = usage(6, 400)
    rows, ended = shown(samples)
    at = ended.row, ended.resource
    of, _ = features(rows, ended, samples[-1][at].astype(np.float32), samples[-2][at].astype(np.float32))
    _, sight = seen(samples)
    for resource in range(2):
        which = ended.resource == resource
        expected = by_numpy(load()[CADENCES_S[0], resource], of[which])
        assert sight.quantiles[which] == pytest.approx(np.minimum(expected, 5), abs=1e-4)


@settings(max_examples=10)
@given(st.integers(0, 1000), st.permutations(range(5)))
def test_a_row_does_not_depend_on_its_neighbours(seed: int, order: list[int]) -> None:
    samples = usage(seed, 60, rows=5)
    samples[40:50, 2] = np.nan
    _, together = seen(samples)
    _, permuted = seen(samples[:, order])
    for place, row in enumerate(order):
        alone = together.quantiles[together.row == row]
        assert (permuted.quantiles[permuted.row == place] == alone).all()


def test_what_is_seen_scales_with_the_usage() -> None:
    samples = usage(8, 600)
    _, small = seen(samples)
    _, large = seen(samples * np.array([16.0, 1024.0]))
    levels = (0.5, 0.95)
    assert large.amounts(levels) / small.amounts(levels) == pytest.approx(
        np.where(large.resource == 0, 16.0, 1024.0)[:, None].repeat(2, axis=1), rel=0.02
    )


def test_a_constant_series_is_seen_to_stay() -> None:
    _, sight = seen(np.full((600, 1, 2), 0.25))
    assert sight.amounts((0.5,))[0, 0] == pytest.approx(0.25, rel=0.05)
    assert sight.amounts((0.95,))[0, 0] < 0.35


def test_a_series_that_showed_two_windows_is_not_seen_yet() -> None:
    _, sight = seen(usage(9, 2))
    assert not len(sight.row)
