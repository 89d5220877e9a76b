"""Scaling, deriving and assuming: worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from agents.collector.sources.assume import Assumptions, assumed_size
from agents.collector.sources.derive import spread
from agents.collector.sources.scale import needs_scale, scaled
from agents.collector.sources.windows import tick_of, windows
from engine.errors import UserError
from engine.messages import Size
from engine.traces import Series
from engine.units import DAY_S

MIB = 2.0**20


def series(cpu: list[float], memory: list[float], step_s: float = 300.0, name: str = "a") -> Series:
    return Series(name, np.arange(len(cpu), dtype=np.float64) * step_s, np.array([cpu, memory], np.float64).T)


@pytest.mark.parametrize(
    ("cpu", "memory", "why"),
    [
        (2.0, 4e9, None),
        (2.0, np.nan, None),
        (0.2, 0.5, "the p99.9 of memory is 0.5, under 1e+06 bytes"),
        (7e6, np.nan, "the p99.9 of CPU is 7e+06, over 64 cores"),
        (60.0, np.nan, "the highest CPU is 60, which looks like percent"),
    ],
)
def test_values_that_cannot_be_cores_and_bytes(cpu: float, memory: float, why: str | None) -> None:
    assert needs_scale([series([cpu], [memory])]) == why


def test_scaled_to_two_cores_and_four_gib() -> None:
    low, high = 25.0, 50.0
    (found,) = scaled([series([low, high], [high, high])])
    p999 = low + 0.999 * (high - low)
    np.testing.assert_allclose(found.value[:, 0], [2 * low / p999, 2 * high / p999])
    np.testing.assert_allclose(found.value[:, 1], 4 * 2**30)


def test_a_resource_without_values_or_of_zeros_stays_so() -> None:
    (found,) = scaled([series([0.0, 0.0], [np.nan, np.nan])])
    np.testing.assert_array_equal(found.value, [[0.0, np.nan], [0.0, np.nan]])


def test_derived_containers_are_seeded_aligned_and_as_long_as_asked_for() -> None:
    rng = np.random.default_rng(0)
    n = 3 * 288
    trace = [series(list(rng.random(n)), list(rng.random(n)), name="x"), series([1.0] * 288, [np.nan] * 288, name="y")]
    found = spread(trace, 5, 1.0, seed=7)
    assert [s.name for s in found] == ["x-0000", "y-0001", "x-0002", "y-0003", "x-0004"]
    assert all(s.time_s.tolist() == [300.0 * k for k in range(288)] for s in found)
    assert tick_of(found, 0.0) == 300.0
    assert np.isnan(found[1].value[:, 1]).all()
    again = spread(trace, 3, 1.0, seed=7)
    assert all(np.array_equal(a.value, b.value, equal_nan=True) for a, b in zip(found, again, strict=False))
    assert not np.array_equal(found[0].value, found[2].value)
    assert [s.name for s in spread(trace, 2, 3.0, seed=7)] == ["x-0000", "x-0001"]  # y has no three days
    with pytest.raises(UserError, match="the longest series has 3 whole days"):
        spread(trace, 2, 4.0, seed=7)


def test_derived_phase_is_whole_buckets_with_wrap_around() -> None:
    spike = [0.0] * 288
    spike[10] = 100.0
    for derived in spread([series(spike, spike)], 20, 1.0, seed=1):
        assert np.count_nonzero(derived.value[:, 0]) == 1
        assert 100 / 8 < derived.value[:, 0].max() < 100 * 8
        assert len(derived.time_s) == 288


def test_assumed_size_is_rounded_up_with_headroom_in_the_limits() -> None:
    size = assumed_size(np.array([0.111, 100 * MIB]))
    assert size == Size(cpu_request=0.12, cpu_limit=0.24, memory_request=112 * MIB, memory_limit=168 * MIB)
    assert assumed_size(np.array([0.0, 0.0])) == Size(0.01, 0.02, 16 * MIB, 24 * MIB)
    assert assumed_size(np.array([0.5, 16 * MIB])) == Size(0.5, 1.0, 16 * MIB, 24 * MIB)  # whole steps stay
    assert assumed_size(np.array([np.nan, np.nan])) == Size()


def test_people_raise_to_the_maximum_so_far_once_a_day() -> None:
    """Hourly: 0.1 in the first hour, a peak of 0.4 at hour 5, of 0.3 on the second day, of 0.9 on the third."""
    cpu = [0.1] * 72
    cpu[5], cpu[30], cpu[60] = 0.4, 0.3, 0.9
    trace = [series(cpu, [np.nan] * 72, step_s=3600.0)]
    assumptions = Assumptions(trace)
    assert assumptions.size(0).cpu_request == 0.1
    raised = {}
    for window in windows(trace, 300.0):
        for size in assumptions.raises(window.time_s).values():
            raised[window.time_s / 3600] = size.cpu_request
        assumptions.observe(window)
    assert raised == {24.0: 0.4, 48.0: 0.4}
    assert assumptions.raises(3 * DAY_S) == {0: Size(0.9, 1.8)}
