"""Leaks and what looks like them. Memory in GiB by hours since midnight of the first day; the limit is 4 GiB."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.core.decide.leaks import time_to_limit
from engine.core.decide.parameters import SizingParameters
from engine.core.forecast import ForecastRows
from engine.core.forecast.history import record
from engine.core.forecast.recall import recent_means
from engine.core.rows import Array
from engine.units import GIB, MEMORY

LIMIT = 4.0
DAY = 288
HOURS = np.arange(1, 10 * DAY + 1) / 12.0
Use = Callable[[Array], Array]


def leaky(per_hour: float, begin_h: float, level: float = 1.0) -> Use:
    return lambda hours: level + per_hour * np.maximum(hours - begin_h, 0.0)


def sawtooth(per_hour: float, restart_h: float, level: float = 1.0) -> Use:
    return lambda hours: level + per_hour * ((hours - 0.01) % restart_h)


def daily(low: float, high: float) -> Use:
    """A ramp from 8 to 14 o'clock, and down again."""
    return lambda hours: low + (high - low) * np.clip(np.minimum(hours % 24 - 8, 22 - hours % 24) / 6.0, 0.0, 1.0)


def step(at_h: float) -> Use:
    return lambda hours: np.where(hours > at_h, 3.0, 1.0)


def cache(at_h: float) -> Use:
    """Fills to 3.5 GiB, ever slower."""
    return lambda hours: 1.0 + 2.5 * (1.0 - np.exp(-np.maximum(hours - at_h, 0.0) / 3.0))


def watched(use: Use, until_h: float = 240.0, killed: bool = False) -> tuple[Array, Array, Array]:
    """Hours, use and time to the limit (h, NaN none) of a container that is watched from the start; with some noise."""
    rng = np.random.default_rng(1)
    memory = use(HOURS) * (1.0 + 0.005 * rng.standard_normal(len(HOURS)))
    rows, left_h, which = ForecastRows.empty(1), [], np.array([0])
    series = which, np.array([MEMORY])
    for n, amount in enumerate(memory[until_h >= HOURS]):
        bucket = n + 1
        record(rows, series, bucket, np.array([amount * GIB]))
        recent = recent_means(rows, which, bucket)
        known = np.array([killed])
        seconds, _ = time_to_limit(rows, which, bucket, recent, np.array([LIMIT * GIB]), known, SizingParameters())
        left_h.append(seconds[0] / 3600)
    return HOURS[: len(left_h)], memory[: len(left_h)], np.array(left_h)


@pytest.mark.parametrize("per_hour", [0.1, 0.25, 1.0])
def test_a_leak_is_seen_coming_with_the_time_that_is_left(per_hour: float) -> None:
    begin_h = 100.0
    full_h = begin_h + 3.0 / per_hour
    hours, _, left_h = watched(leaky(per_hour, begin_h), full_h)
    assert np.isnan(left_h[hours < begin_h]).all()
    last = (hours > full_h - 1.0) & (hours < full_h - 0.5)
    assert np.abs(left_h[last] - (full_h - hours[last])).max() < 0.4
    told = hours[~np.isnan(left_h)].min()
    assert told < max(begin_h + 3.1, full_h - 23.0)


def test_a_leak_that_was_killed_before_is_told_each_time() -> None:
    """It leaks for 17 hours and starts anew. Only a kill shows that this has not gone well: restarts may be meant."""
    hours, _, left_h = watched(sawtooth(0.17, 17.0))
    assert np.isnan(left_h[hours > 36.0]).all()
    hours, _, left_h = watched(sawtooth(0.17, 17.0), killed=True)
    for restart_h in np.arange(17.0 * 2, 200.0, 17.0):
        before = (hours > restart_h - 3.0) & (hours < restart_h)
        assert (left_h[before] < 6.0).any(), restart_h
        after = (hours > restart_h + 0.1) & (hours < restart_h + 1.5)
        assert np.isnan(left_h[after]).all(), "what was before the restart does not count"


@pytest.mark.parametrize(
    "use",
    [
        daily(1.0, 3.5),
        daily(0.5, 3.9),
        step(130.0),
        lambda hours: np.full_like(hours, 3.8),
        sawtooth(0.11, 24.0),  # restarted every night: yesterday was the same, and went well
        lambda hours: 3.0 + 0.8 * np.sin(hours / 24 * 2 * np.pi),
    ],
    ids=["ramp", "steep ramp", "step", "level", "nightly restart", "sine"],
)
def test_a_usual_day_is_no_leak(use: Use) -> None:
    hours, _, left_h = watched(use)
    assert np.isnan(left_h[hours > 48.0]).all()


def test_a_cache_that_fills_is_not_expected_to_fill_for_ever() -> None:
    hours, memory, left_h = watched(cache(100.0))
    assert not (left_h < 2.0).any(), "the time to the limit is told, but nothing is raised"
    assert memory.max() < LIMIT
    assert np.isnan(left_h[hours > 114.0]).all()


def test_garbage_that_is_collected_is_no_leak() -> None:
    """Up by 1 GiB and down again every 40 minutes, on a floor that does not rise; then on one that does."""
    hours, _, left_h = watched(sawtooth(1.5, 2 / 3, level=2.0))
    assert np.isnan(left_h).mean() > 0.99
    assert not (left_h < 4.0).any()
    hours, _, left_h = watched(lambda h: sawtooth(1.5, 2 / 3)(h) + 0.1 * np.maximum(h - 100.0, 0.0), 118.0)
    assert (left_h[(hours > 110.0)] < 12.0).any()


def test_rows_are_judged_each_for_itself() -> None:
    rows, which = ForecastRows.empty(3), np.arange(3)
    series = which, np.full(3, MEMORY)
    for bucket in range(1, 40):
        record(rows, series, bucket, np.array([1.0 + bucket * 0.02, 1.0, 1.0 + bucket * 0.02]) * GIB)
    limit = np.array([2.0, 2.0, np.nan]) * GIB
    recent, alive = recent_means(rows, which, 39), np.zeros(3, np.bool_)
    seconds, slope = time_to_limit(rows, which, 39, recent, limit, alive, SizingParameters())
    assert np.isnan(seconds).tolist() == [False, True, True]
    assert slope[0] == pytest.approx(0.02 * GIB / 300, rel=0.02)
    assert seconds[0] == pytest.approx((1.0 - 39 * 0.02) / 0.02 * 300, rel=0.02)
