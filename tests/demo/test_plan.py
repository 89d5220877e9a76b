"""When what happens in a replay."""

from __future__ import annotations

import pytest

from engine.demo.plan import PACED_WALL_S, QUICKEST_BUCKET_S, SLOWEST_BUCKET_S, plan

DAY = 86_400.0


@pytest.mark.parametrize("days", [0.1, 1, 7, 14, 30, 90])
def test_the_paced_part_fits_its_time_and_lets_outcomes_land(days: float) -> None:
    made = plan(1000.0, 1000.0 + days * DAY)
    wall_s = (made.end_s - made.paced_s) / 300 * made.bucket_wall_s
    assert wall_s <= PACED_WALL_S + 1
    assert QUICKEST_BUCKET_S <= made.bucket_wall_s <= SLOWEST_BUCKET_S
    assert made.start_s < made.paced_s < made.pilot_s < made.end_s


def test_two_weeks() -> None:
    made = plan(0.0, 14 * DAY)
    # 36 % of 14 days are 1451.5 buckets; 85 s over them are 58.6 ms a bucket
    assert round(made.bucket_wall_s * 1000) == 59
    assert 8.9 < made.day_of(made.paced_s) < 9.0
    assert 10.1 < made.day_of(made.pilot_s) < 10.3
    assert made.day_of(99 * DAY) == 14
