"""Reading a metrics message: bad cells drop alone, each with its reason."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.batch import read_batch, samples_in, usage_of
from engine.core.effects import Refused
from tests.core.build import metrics, specs

THREE = specs(3)


def test_good_cells_are_read_and_null_is_no_value() -> None:
    batch = read_batch(metrics(60.0, THREE, [0.5, None, 0.7], [1e6, None, None]), 3, 60.0)
    np.testing.assert_array_equal(batch.sampled, [True, False, True])
    np.testing.assert_array_equal(batch.value[:, 0], [0.5, np.nan, 0.7])
    assert batch.dropped == []
    assert not batch.refused.any()


@pytest.mark.parametrize("bad", [-0.1, 1e7, float("inf")])
def test_a_cell_out_of_range_drops_alone(bad: float) -> None:
    batch = read_batch(metrics(60.0, THREE, [bad, 0.2, bad], [1e6, 1e6, None]), 3, 60.0)
    np.testing.assert_array_equal(batch.sampled, [True, True, False])
    np.testing.assert_array_equal(batch.refused, [False, False, True])
    assert [(cell.row, cell.column, cell.reason) for cell in batch.dropped] == [
        (0, "cpu_max", "out_of_range"),
        (2, "cpu_max", "out_of_range"),
    ]


def test_a_row_from_another_time_is_dropped() -> None:
    batch = read_batch(metrics(600.0, THREE, [1.0, 1.0, 1.0], times_s=[600.0, 500.0, 601.0]), 3, 60.0)
    np.testing.assert_array_equal(batch.sampled, [True, False, False])
    np.testing.assert_array_equal(batch.refused, [False, True, True])
    assert {cell.reason for cell in batch.dropped} == {"time_out_of_range"}


def test_a_column_of_another_length_refuses_the_message() -> None:
    with pytest.raises(Refused, match=r"Expected 3 rows as in the roster, got 2 - at `\$\.cpu_max`"):
        read_batch(metrics(60.0, THREE, [1.0, 2.0]), 3, 60.0)


def test_samples_are_rows_with_a_value() -> None:
    assert samples_in(metrics(0.0, THREE, [1.0, None, None], [None, 5.0, None])) == 2


def test_samples_of_columns_of_different_lengths_are_those_of_the_rows_that_both_have() -> None:
    assert samples_in(metrics(0.0, THREE, [1.0, None, None], [None, 5.0])) == 2


def test_what_is_known_of_the_usage_already_makes_the_same_batch() -> None:
    message = metrics(60.0, THREE, [0.5, None, -1.0], [1e6, None, None])
    once, again = read_batch(message, 3, 60.0), read_batch(message, 3, 60.0, usage_of(message))
    np.testing.assert_array_equal(once.value, again.value)
    np.testing.assert_array_equal(once.refused, [False, False, True])
    np.testing.assert_array_equal(again.refused, once.refused)
