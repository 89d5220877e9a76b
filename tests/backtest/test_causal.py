"""Nothing is known before its time: a trace that ends earlier gives the same forecasts up to there, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from engine.backtest.buckets import bucketed
from engine.backtest.results import Result
from engine.backtest.run import run
from engine.traces import Series
from engine.units import BUCKET_S
from tests.backtest.traces import PLAN, cut, trace

NAMES = ["a", "b", "c"]
Forecasts = dict[tuple[str, str], dict[int, bytes]]


def forecasts(results: list[Result], until_s: float) -> Forecasts:
    """Bytes of everything said, by series and origin, of origins up to a time at which anything was said."""
    found: Forecasts = {}
    for result in results:
        online = result.online
        said = np.stack([getattr(online.forecast, name) for name in ("p05", "p50", "p95", "mean")], axis=1)
        mine = found.setdefault((result.series.series_id, result.series.resource), {})
        for origin, values in zip(online.origins, said, strict=True):
            if origin * BUCKET_S <= until_s and not np.isnan(values).all():
                mine[int(origin)] = values.tobytes()
    return {key: mine for key, mine in found.items() if mine}


def run_on(series: list[Series], jobs: int = 1) -> list[Result]:
    return run([bucketed(one) for one in series], PLAN, jobs=jobs)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_trace_that_is_cut_anywhere_has_the_same_forecasts_up_to_there(seed: int) -> None:
    series = trace(seed, NAMES, days=2.5, step_s=150.0)
    whole = run_on(series)
    ends = np.random.default_rng(seed).uniform(series[0].time_s[0], series[0].time_s[-1], 4)
    for end_s in ends:
        parts = [part for part in (cut(one, end_s) for one in series) if len(part.time_s)]
        before = forecasts(run_on(parts), end_s)
        assert before == forecasts(whole, end_s)
        assert sum(len(mine) for mine in before.values()) > 10


def test_neighbours_change_nothing() -> None:
    series = trace(3, NAMES, days=1.5, step_s=300.0)
    together = forecasts(run_on(series), np.inf)
    for one in series:
        alone = forecasts(run_on([one]), np.inf)
        assert alone == {key: mine for key, mine in together.items() if key[0] == one.name}


def test_processes_change_nothing() -> None:
    series = trace(4, NAMES, days=1.5, step_s=300.0)
    one, two = run_on(series), run_on(series, jobs=2)
    assert forecasts(one, np.inf) == forecasts(two, np.inf)
    assert [result.records for result in one] == [result.records for result in two]
    assert len(one) == 2 * len(NAMES)


def test_scores_are_of_what_was_forecast() -> None:
    """By a loop over origins, for one series and lead."""
    (result, _) = run_on(trace(5, ["a"], days=2.5, step_s=300.0))
    lead, place = PLAN.leads[1], 1
    mean, first = result.series.mean, result.series.first
    errors, actuals, covered = [], [], []
    for n, origin in enumerate(result.online.origins):
        at = int(origin) + lead - first
        if at < len(mean) and at >= max(len(mean) - PLAN.score_last, PLAN.score_skip) and not np.isnan(mean[at]):
            p50, p95 = result.online.forecast.p50[n, place], result.online.forecast.p95[n, place]
            if not np.isnan(p50):
                errors.append(abs(mean[at] - p50))
                actuals.append(mean[at])
                covered.append(mean[at] <= p95)
    (record,) = [r for r in result.records if r["model"] == "trimtab" and r["lead_s"] == lead * BUCKET_S]
    assert record["scored"]["n"] == len(errors) > 10
    assert record["scored"]["wape"] == pytest.approx(sum(errors) / sum(actuals))
    assert record["scored"]["coverage_95"] == pytest.approx(np.mean(covered))
