"""Where a target lies among the hours. In the made-up past each amount is the time at which it stands, in hours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.forecast import targets
from engine.core.forecast.history import HOURS, History, hour_of
from engine.core.forecast.state import HOUR, RECENT
from engine.core.forecast.targets import Place, Target
from engine.core.rows import Array
from tests.core.forecast.feeding import START

NAN = np.nan
buckets = st.integers(START, START + 2016)
leads = st.integers(1, 270)
"""Beyond, the hour after the target of a day before is not over yet."""
AGES = 24 * np.arange(1, 8)


def clock(bucket: int) -> History:
    """Means stand in the middle of their hour, marks in the middle of their bucket; time is in buckets since START."""
    ends = HOUR * (hour_of(bucket) - np.arange(HOURS) + 1) - START
    means, marks = (ends - 6).astype(np.float32)[None], (ends - 0.5).astype(np.float32)[None]
    return History(bucket, np.full((1, RECENT), NAN, np.float32), means, marks)


def exactly(place: Place) -> Place:
    """numba returns Python's floats."""
    return place._replace(share=np.float32(place.share))


def target_at(bucket: int, lead: int) -> Target:
    target = targets.target_at(bucket, lead)
    return target._replace(place=exactly(target.place))


def level(past: History, place: Place, hours: Array = AGES) -> Array:
    return np.array([targets.level(past.means[0], place, int(hour)) for hour in hours])


def exact(past: History, target: Target, hours: Array = AGES) -> Array:
    return np.array([targets.exact(past.means[0], past.marks[0], target, int(hour)) for hour in hours])


def profile(past: History, target: Target, hours: Array = AGES) -> Array:
    return np.array([targets.profile(past.means[0], past.marks[0], target, int(hour)) for hour in hours])


@given(buckets, leads)
def test_earlier_days_are_read_at_the_targets_own_time(bucket: int, lead: int) -> None:
    target, past = target_at(bucket, lead), clock(bucket)
    wanted = bucket + lead - 0.5 - START - HOUR * AGES
    assert level(past, target.place) == pytest.approx(wanted, abs=1e-3)
    assert exact(past, target) == pytest.approx(wanted, abs=1e-3)
    assert profile(past, target) == pytest.approx(wanted, abs=1e-3)
    assert target.mark == ((bucket + lead) % 12 == 0)


@given(buckets)
def test_the_hour_that_has_just_ended(bucket: int) -> None:
    got = level(clock(bucket), exactly(targets.last_hour(bucket)))
    assert got == pytest.approx(bucket - 6 - START - HOUR * AGES, abs=1e-3)


def test_on_the_hour_a_profile_is_three_tenths_of_the_bucket_itself() -> None:
    past = clock(START)
    past.marks[:] += 10
    target = target_at(START, 12)
    around = level(past, target.place)
    assert exact(past, target) == pytest.approx(around + 10)
    assert profile(past, target) == pytest.approx(around + 3, abs=1e-3)
    past.marks[:] = NAN
    np.testing.assert_array_equal(profile(past, target), around)
    assert np.isnan(exact(past, target)).all()


def test_what_lies_ahead_or_too_far_back_is_not_known() -> None:
    past, target = clock(START), target_at(START, 48)
    hours = np.array([0, 3, 4, HOURS + 3, HOURS + 4])
    assert np.isnan(exact(past, target, hours)).tolist() == [True, True, False, False, True]
    # the level lies between the hour that ends with the target and the one before it, which alone may be known
    assert np.isnan(level(past, target.place, hours)).tolist() == [True, True, False, False, False]


def test_one_hour_is_enough_for_a_level() -> None:
    past = clock(START)
    target = target_at(START, 12)  # between the middles of an hour and the next, 5.5 of 12 buckets on
    newer, older = 22, 23
    past.means[0, newer] = NAN
    assert level(past, target.place)[0] == past.means[0, older]
    past.means[0, older] = NAN
    assert np.isnan(level(past, target.place)[0])
