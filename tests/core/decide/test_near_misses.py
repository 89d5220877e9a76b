"""Risk that is learned from near misses: limits are 2 cores and 2 GiB, buckets end at NOW and later."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.decide import note_near_misses
from engine.core.decide.trust import cool_downs_s, distrust_at
from engine.core.state import SlotState
from engine.core.window import Closed
from tests.core.decide.build import BUCKET, CONTEXT, NOW, close, pairs, slot_of

PARAMETERS = CONTEXT.sizing
ONE = np.array([0])


def bucket(slot: SlotState, peak: object, number: int = BUCKET) -> None:
    peaks = pairs(peak, len(slot.containers))
    note_near_misses(slot, Closed(number, peaks, peaks, np.ones(len(peaks), np.bool_)), PARAMETERS)


@pytest.mark.parametrize(
    ("peak", "points"),
    [(1.89, 0.0), (1.9, 0.1), (2.0, 0.1), (2.01, 0.0), (np.nan, 0.0)],  # from 95 % of the limit on, not above it
)
def test_a_peak_just_under_the_limit_costs_a_little_trust(peak: float, points: float) -> None:
    slot = slot_of()
    bucket(slot, (peak, 0.5))
    assert slot.decide.distrust[0].tolist() == [points, 0.0]


def test_a_request_that_is_nearly_used_is_a_good_one() -> None:
    slot = slot_of(limit=np.nan)
    bucket(slot, 0.99)
    assert not slot.decide.distrust.any()


def test_what_did_happen_is_no_near_miss() -> None:
    slot = slot_of()
    slot.decide.distress_s[:, 1] = NOW - 10
    bucket(slot, 1.95)
    assert slot.decide.distrust[0].tolist() == [0.1, 0.0]


def test_it_counts_once_an_hour_and_never_for_more_than_one_real_miss() -> None:
    slot = slot_of()
    for number in range(BUCKET, BUCKET + 12):
        bucket(slot, 1.95, number)
    assert slot.decide.distrust[0, 0] == 0.1
    for number in range(BUCKET + 12, BUCKET + 12 * 48):
        bucket(slot, 1.95, number)
    assert slot.decide.distrust[0, 0] == 1.0


def test_it_takes_nothing_from_greater_distrust() -> None:
    slot = slot_of()
    slot.decide.distrust[:], slot.decide.distrust_s[:] = 3.0, NOW - 7200
    bucket(slot, 1.95)
    expected = 3.0 * 2 ** (-2 / 72)
    assert slot.decide.distrust[0, 0] == pytest.approx(expected)


def test_trust_comes_back_by_half_in_three_days() -> None:
    slot = slot_of()
    bucket(slot, 1.95)
    assert distrust_at(slot.decide, ONE, NOW + 3 * 86_400, PARAMETERS)[0] == pytest.approx([0.05, 0.05])
    assert distrust_at(slot.decide, ONE, NOW + 30 * 86_400, PARAMETERS).max() < 1e-3


def test_a_container_with_near_misses_is_cut_later_and_less() -> None:
    wary, calm = slot_of(), slot_of()
    wary.decide.distrust[:], wary.decide.distrust_s[:] = 0.0, -np.inf
    bucket(wary, 1.95)
    assert (
        cool_downs_s(distrust_at(wary.decide, ONE, NOW, PARAMETERS), PARAMETERS)[1]
        > cool_downs_s(distrust_at(calm.decide, ONE, NOW, PARAMETERS), PARAMETERS)[1]
    ).all()
    [cautious], [bold] = close(wary).commands, close(calm).commands
    assert cautious.target.memory_request is not None
    assert bold.target.memory_request is not None
    assert cautious.target.memory_request > bold.target.memory_request


def test_rows_are_apart() -> None:
    slot = slot_of(2)
    bucket(slot, [[1.95, 0.5], [0.5, 1.95]])
    assert slot.decide.distrust.tolist() == [[0.1, 0.0], [0.0, 0.1]]
