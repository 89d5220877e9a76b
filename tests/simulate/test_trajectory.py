from __future__ import annotations

import numpy as np
import pytest

from engine.core.decide.money import monthly_usd
from engine.simulate.rivals import hindsight, krr
from engine.simulate.trajectory import Trajectory, fit
from engine.traces import Series
from engine.units import DAY_S

NAN = np.nan


def series(cpu: list[float], step_s: float = 300.0) -> Series:
    value = np.stack([np.array(cpu), np.full(len(cpu), NAN)], axis=1)
    return Series("one", (300.0 + step_s * np.arange(len(cpu))).astype(np.float64), value)


def steps(*targets: tuple[float, float]) -> Trajectory:
    found = Trajectory()
    for time_s, cpu in targets:
        found.set(time_s, (cpu, NAN))
    return found


def test_a_fit_by_hand() -> None:
    # 300 s none yet; 600, 900 at 4; 1200 ... 2100 at 2
    got = fit(series([9, 3, 5, 1, 3, 4, 1]), 0, steps((301, 4.0), (901, 2.0)), DAY_S)
    assert got is not None
    assert got.samples == 6
    assert got.above == pytest.approx(3 / 6)
    assert got.slack == pytest.approx(1 - (3 + 4 + 1 + 2 + 2 + 1) / (4 + 4 + 4 * 2))
    assert got.depth == pytest.approx((1 + 1 + 2) / 17)
    assert got.episodes == 2
    assert got.requested == pytest.approx(16 / 6)
    assert fit(series([1.0]), 1, steps((0, 1.0)), DAY_S) is None
    assert fit(series([1.0]), 0, Trajectory(), DAY_S) is None


def test_only_the_last_part_is_scored_and_its_changes_are_counted_by_the_day() -> None:
    one = series([1.0] * 864)  # three days
    got = fit(one, 0, steps((300, 2.0), (one.time_s[400], 4.0), (one.time_s[700], 4.0), (one.time_s[800], 8.0)), DAY_S)
    assert got is not None
    assert got.samples == 288
    assert got.changes_a_day == pytest.approx(1, rel=0.01)  # from 4 to 4 is none, and one was before
    assert got.slack == pytest.approx(1 - 288 / (224 * 4 + 64 * 8), rel=0.02)


def test_two_targets_of_one_time_are_the_second() -> None:
    assert steps((1, 2.0), (1, 3.0)).at(np.array([0.0, 1.0, 2.0]))[:, 0].tolist()[1:] == [3, 3]


def test_rivals_know_what_they_may_know() -> None:
    one = series([1.0] * 288 + [3.0] * 288 + [100.0])
    week = krr(one, 7)
    assert week.time_s[0] == one.time_s[0] + DAY_S
    assert week.target[0][0] == 1  # nothing of the second day
    assert all(cpu <= 3 for cpu, _ in week.target)
    size = hindsight(series(list(range(1, 101))), (0.05, 0.05), DAY_S).target[0]
    assert size[0] in (95, 96)
    assert np.isnan(size[1])


def test_money_by_hand() -> None:
    usd = monthly_usd(np.array([2.0, 4 * 2.0**30]), np.array(1.0), np.array([0.03, 0.004]))
    assert float(usd) == pytest.approx(730 * (0.06 + 0.016))
