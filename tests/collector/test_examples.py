"""Made-up workloads: their demand is stated, and follows the time that is asked for."""

from __future__ import annotations

import numpy as np

from agents.collector.sources.examples import BATCHES, COUNT, SURGES, policies, with_examples
from agents.collector.sources.replay import specs_of
from engine.traces import Series
from engine.units import BUCKET_S, CPU, DAY_S, GIB, MEMORY

START_S = 1_704_067_200.0
TIME_S = START_S + BUCKET_S * np.arange(4 * 288, dtype=np.float64)
TRACE = [Series("real", TIME_S, np.full((len(TIME_S), 2), 0.1))]
SURGES_S = START_S + 3 * DAY_S + 6 * 3600.0


def made(seed: int = 1) -> dict[str, Series]:
    found = {series.name: series for series in with_examples(TRACE, SURGES_S, seed)}
    assert len(found) == 1 + COUNT
    return found


def at(series: Series, since_s: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.asarray(series.value[np.searchsorted(series.time_s, since_s)])


def test_the_trace_is_as_it_was_and_the_same_seed_makes_the_same() -> None:
    found = made()
    assert found["real"] is TRACE[0]
    np.testing.assert_array_equal(found["surge-3"].value, made()["surge-3"].value)
    assert (found["surge-3"].value != made(seed=2)["surge-3"].value).any()


def test_a_batch_needs_its_memory_at_night() -> None:
    batch = made()["night-batch-1"]
    noon, night = at(batch, START_S + DAY_S + 12 * 3600), at(batch, START_S + DAY_S + 2 * 3600)
    assert noon[MEMORY] < 2 * GIB < 5 * GIB < night[MEMORY]
    assert night[CPU] < noon[CPU]


def test_each_surge_comes_once_after_an_hour_of_work_that_comes_daily() -> None:
    found = made()
    surges = {}
    for name in SURGES:
        cpu = found[name].value[:, CPU]
        first, second = np.flatnonzero(cpu > 1.4)
        assert second == first + 1
        surges[name] = first
        works = (found[name].time_s < SURGES_S) & (found[name].time_s >= SURGES_S - 3600)
        for back_s in (0.0, DAY_S):
            day = np.roll(works, -int(back_s) // BUCKET_S)
            assert (cpu[day] > 0.8).all()
    assert len(set(surges.values())) == len(SURGES) // 2  # two at a time, one of each namespace


def test_only_batches_may_be_moved() -> None:
    specs = specs_of(with_examples(TRACE, SURGES_S, 1), policies())
    may = {spec.workload for spec in specs if spec.policy is not None and spec.policy.families}
    assert may == set(BATCHES)
