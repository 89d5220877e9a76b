"""What the figures are made of."""

from __future__ import annotations

import numpy as np

from engine.demo.cluster_plots import carried, wanted_requests
from engine.demo.plots import since
from tests.demo import made_up
from tests.demo.made_up import AUTOPILOT_BUCKET, NAMES, decision


def test_a_missing_value_is_the_last_one_before_it() -> None:
    nan = np.nan
    found = carried(np.array([[nan, 1.0, nan, nan, 2.0], [3.0, nan, 4.0, nan, nan]]))
    np.testing.assert_array_equal(found, [[nan, 1, 1, 1, 2], [3, 3, 4, 4, 4]])


def test_wanted_requests_follow_each_decision_from_its_time_on() -> None:
    run = made_up.trajectories()
    wanted = wanted_requests(run, [decision(NAMES[1], AUTOPILOT_BUCKET)])  # to 0.5 cores, 640 MiB
    at = AUTOPILOT_BUCKET - made_up.FIRST
    assert wanted[1, at - 1, 0] == run.request[1, at - 1, 0]
    assert wanted[1, at:, 0].tolist() == [0.5] * (run.mean.shape[1] - at)
    assert wanted[1, -1, 1] == 640 * made_up.MI
    np.testing.assert_array_equal(wanted[0], run.request[0])


def test_a_later_part_keeps_its_times() -> None:
    run = made_up.trajectories()
    part = since(run, AUTOPILOT_BUCKET * 300.0)
    assert part.first == AUTOPILOT_BUCKET
    assert part.origins[0] >= AUTOPILOT_BUCKET
    np.testing.assert_array_equal(part.mean, run.mean[:, AUTOPILOT_BUCKET - made_up.FIRST :])
    hour = part.hour_of(int(part.origins[3]))
    assert (hour, part.quantiles.shape[1]) == (3, len(part.origins))
    np.testing.assert_array_equal(part.quantiles[:, 3], run.quantiles[:, run.hour_of(int(part.origins[3]))])
