"""Arrays of a run, worked by hand."""

from __future__ import annotations

import numpy as np

from engine.demo.accuracy import accuracies, wapes
from engine.demo.trajectories import LEAD_4H, P50, Trajectories
from tests.demo import made_up


def test_forecasts_are_made_on_the_hour_and_held_against_their_target() -> None:
    # Buckets 10..70: origins 12, 24, 36, 48, 60; 4 h is 48 buckets, so the targets are 60, 72, …: one lies inside.
    run = Trajectories.empty(["a"], first=10, last=70)
    run.mean[0, :, 0] = run.buckets
    run.quantiles[0, :, 0, LEAD_4H, P50] = 50.0
    assert run.origins.tolist() == [12, 24, 36, 48, 60]
    assert run.hour_of(36) == 2
    quantiles, actual, last = run.at_targets(LEAD_4H)
    assert quantiles.shape == (1, 5, 2, 3)
    assert actual[0, 0, 0] == 60
    assert np.isnan(actual[0, 1:, 0]).all()
    assert last[0, :, 0].tolist() == [12, 24, 36, 48, 60]


def test_wape_is_the_sum_of_errors_over_the_sum_of_actuals() -> None:
    forecast = np.array([[1.0, 2.0, np.nan], [np.nan, 1.0, 1.0]])
    actual = np.array([[2.0, 2.0, 9.0], [1.0, np.nan, np.nan]])
    found = wapes(forecast, actual)
    assert found[0] == 0.25  # |1 - 2| + |2 - 2| over 2 + 2; the third has no forecast
    assert np.isnan(found[1])


def test_accuracy_of_a_forecast_that_is_always_5_percent_high() -> None:
    # The made-up forecast is 1.05 of the actual, its band .8 to 1.25 of it.
    by = {(a.resource, a.lead_s): a for a in accuracies(made_up.trajectories())}
    cpu = by["cpu", 14400]
    assert cpu.wape is not None
    assert abs(cpu.wape - 0.05) < 1e-6
    assert (cpu.above, cpu.within) == (1.0, 1.0)
    assert cpu.naive is not None
    assert cpu.naive > 0.2  # a sine moves far within four hours
    hours = made_up.DAYS * 24
    assert cpu.forecasts == len(made_up.NAMES) * (hours - 4)


def test_forecasts_before_a_bucket_can_be_left_out() -> None:
    made = made_up.trajectories()
    half = accuracies(made, since=made_up.AUTOPILOT_BUCKET)
    assert half[0].forecasts < accuracies(made)[0].forecasts


def test_without_any_forecast_there_is_no_figure() -> None:
    run = Trajectories.empty(["a"], first=1, last=100)
    assert all(a.wape is None and a.above is None and a.forecasts == 0 for a in accuracies(run))
