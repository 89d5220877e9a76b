"""The live engine, fed the same samples, forecasts the same, bit for bit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.backtest.buckets import bucketed
from engine.backtest.model import PeerForecast
from engine.backtest.run import run
from engine.core.forecast import LEADS, Forecast, Outlook, forecast, forecast_at
from engine.core.rows import Array
from engine.traces import Series
from tests.backtest.traces import PLAN, trace
from tests.core.build import CLUSTER, Log, declare, metrics, roster, specs

SPECS = specs(3)
NAMES = [f"{CLUSTER}/{s.namespace}/{s.workload}/{s.container}" for s in SPECS]
"""Series are called as their containers are."""


@dataclass(frozen=True)
class Said:
    """What the live slot's rows say when a bucket has closed: asked then, and kept by themselves."""

    asked: Outlook
    kept: Forecast


def cell(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def live(series: list[Series]) -> dict[int, Said]:
    """A message each minute with what is known of each container; by bucket, what is said when it closes."""
    log, said = Log(), dict[int, Said]()
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
        if log.slot.closed > closed:
            assert log.slot.containers == NAMES
            rows = log.slot.forecast
            said[log.slot.closed] = Said(forecast_at(rows, log.slot.closed, LEADS), forecast(rows))
        closed = log.slot.closed
    return said


def fields(said: PeerForecast | Outlook | Forecast, *at: int) -> Array:
    return np.array([getattr(said, name)[at] for name in ("p05", "p50", "p95")])


def test_the_same_samples_give_the_same_forecasts() -> None:
    series = trace(7, NAMES, days=0.8)
    plan = replace(PLAN, leads=LEADS, every=1)
    results = {(r.series.series_id, r.series.resource): r.online for r in run([bucketed(one) for one in series], plan)}
    asked = kept = 0
    for bucket, said in live(series).items():
        for row, name in enumerate(NAMES):
            for resource, called in enumerate(("cpu", "mem")):
                online = results[name, called]
                at = np.flatnonzero(online.origins == bucket)
                if not len(at):
                    assert np.isnan(said.asked.p50[row, resource]).all()
                    continue
                backtested = fields(online.forecast, int(at[0]))
                np.testing.assert_array_equal(backtested, fields(said.asked, row, resource))
                asked += int(np.isfinite(backtested).all())
                if said.kept.origin[row, resource] == bucket:
                    np.testing.assert_array_equal(backtested, fields(said.kept, row, resource))
                    kept += 1
    assert asked > 700
    assert kept > 50
