"""The live engine, fed the same samples, forecasts the same, bit for bit."""

from __future__ import annotations

import numpy as np

from engine.backtest.buckets import bucketed
from engine.backtest.run import run
from engine.core.forecast import forecast_at
from engine.core.state import SlotState
from engine.traces import Series
from tests.backtest.traces import PLAN, trace
from tests.core.build import CLUSTER, Log, declare, metrics, roster, specs

SPECS = specs(3)
NAMES = [f"{CLUSTER}/{s.namespace}/{s.workload}/{s.container}" for s in SPECS]
"""Series are called as their containers are: the name gives the phase."""
FIELDS = ("p05", "p50", "p95", "mean")


def cell(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def live(series: list[Series]) -> dict[int, list[np.ndarray]]:
    """A message each minute with what is known of each container; what the slot's rows say when a bucket closes."""
    log, said = Log(), dict[int, list[np.ndarray]]()
    log.add(declare())
    times = np.unique(np.concatenate([one.time_s for one in series]))
    log.add(roster(float(times[0]), SPECS))
    closed = log.slot.closed
    for time_s in [*times.tolist(), times[-1].item() + 600.0]:
        value = np.full((len(series), 2), np.nan)
        for row, one in enumerate(series):
            at = np.flatnonzero(one.time_s == time_s)
            value[row] = one.value[at[0]] if len(at) else np.nan
        cpu, memory = value.T
        assert not log.add(metrics(time_s, SPECS, [*map(cell, cpu)], [*map(cell, memory)])).dead_letters
        if log.slot.closed > closed and log.slot.closed % PLAN.every == 0:
            said[log.slot.closed] = outlook(log.slot, log.slot.closed)
        closed = log.slot.closed
    return said


def outlook(slot: SlotState, bucket: int) -> list[np.ndarray]:
    got = forecast_at(slot.forecast, bucket, PLAN.leads)
    order = [slot.containers.index(name) for name in NAMES]
    return [getattr(got, name)[order] for name in FIELDS]


def test_the_same_samples_give_the_same_forecasts() -> None:
    series = trace(7, NAMES, days=1.3)
    results = {(r.series.series_id, r.series.resource): r.online for r in run([bucketed(one) for one in series], PLAN)}
    compared = 0
    for bucket, quantiles in live(series).items():
        for row, name in enumerate(NAMES):
            for resource, called in enumerate(("cpu", "mem")):
                online = results[name, called]
                at = np.flatnonzero(online.origins == bucket)
                for field, array in zip(FIELDS, quantiles, strict=True):
                    mine = array[row, resource]
                    if not len(at):
                        assert np.isnan(mine).all()
                        continue
                    backtested = getattr(online.forecast, field)[at[0]]
                    np.testing.assert_array_equal(backtested, mine)
                    compared += int(not np.isnan(mine).all())
    assert compared > 400
