"""What experts said, in bytes: what comes back, for the rows that were meant."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.forecast.opinions import keep_opinions, kept_opinions
from engine.core.forecast.state import EXPERTS, ForecastRows
from engine.core.rows import Array

SIXTEEN_BITS = 2.0**-10
ROW, RESOURCE = np.array([2, 0]), np.array([0, 1])


def through(said: Array, place: int = 3) -> tuple[Array, ForecastRows]:
    rows = ForecastRows.empty(3)
    keep_opinions(rows.pending_experts, rows.pending_ends, (ROW, RESOURCE), place, said)
    return kept_opinions(rows.pending_experts, rows.pending_ends, (ROW, RESOURCE), place), rows


@pytest.mark.parametrize("span", [1.0, 1.01, 2.0, 100.0])
def test_half_a_step_of_the_span_is_lost(span: float) -> None:
    said = (3.0 * span ** np.random.default_rng(1).random((2, len(EXPERTS)))).astype(np.float32)
    found, _ = through(said)
    assert (np.abs(found / said - 1) <= span ** (0.5 / 253) - 1 + SIXTEEN_BITS).all()


def test_who_abstains_and_who_says_nothing_is_used() -> None:
    said = np.linspace(0, 1, 2 * len(EXPERTS), dtype=np.float32).reshape(2, -1)
    said[1, 4] = np.nan
    found, _ = through(said)
    assert found[0, 0] == 0.0
    assert np.flatnonzero(np.isnan(found)).tolist() == [len(EXPERTS) + 4]


def test_other_rows_and_places_are_left_alone() -> None:
    found, rows = through(np.ones((2, len(EXPERTS)), np.float32))
    assert (found == 1).all()
    touched = rows.pending_experts.any(axis=-1)
    assert list(zip(*np.nonzero(touched), strict=True)) == [(0, 1, 3), (2, 0, 3)]


@pytest.mark.parametrize("most", [1, 0])
def test_said_may_be_a_view(most: int) -> None:
    """As the lead's part of all forecasts is."""
    said = np.random.default_rng(2).random((2, 5, len(EXPERTS))).astype(np.float32)
    np.testing.assert_array_equal(through(said[:, most])[0], through(said[:, most].copy())[0])
