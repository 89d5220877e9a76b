"""The engine's own core over a trace: causal, and as risky as was stated."""

from __future__ import annotations

import numpy as np
import pytest

from engine.simulate.replay import context_of, replay, scale_of
from engine.simulate.trajectory import fit
from engine.traces import Series
from engine.units import DAY_S

RISK = 0.03
CADENCES_S = (300.0, 1800.0, 3600.0)
"""By the nowcast, and by the forecast."""


def trace(days: float, seed: int = 5) -> list[Series]:
    """Days with noise; capped, so that the cap is the 99.9th percentile of a part as of the whole."""
    rng, count = np.random.default_rng(seed), int(days * 288)
    time_s = (300 * np.arange(1, count + 1) + 1_000_000_200).astype(np.float64)
    found = []
    for phase in (0.0, 2.0):
        usual = 1 + 0.5 * np.sin(2 * np.pi * np.arange(count) / 288 + phase)
        cpu = np.minimum(usual * rng.lognormal(0, 0.3, count), 1.8)
        memory = np.minimum(2 + rng.lognormal(0, 0.3, count), 3.2)
        found.append(Series(f"s{phase}", time_s, np.stack([cpu, memory], axis=1)))
    return found


@pytest.fixture(scope="module")
def whole() -> list[Series]:
    return trace(6)


@pytest.mark.parametrize("cadence_s", CADENCES_S)
def test_a_longer_trace_changes_no_earlier_request(whole: list[Series], cadence_s: float) -> None:
    cut, context = 700, context_of((RISK, RISK), cadence_s)
    part = [Series(one.name, one.time_s[:cut], one.value[:cut]) for one in whole]
    assert [scale_of(one).tolist() for one in part] == [scale_of(one).tolist() for one in whole]
    last = part[0].time_s[-1]
    for long, short in zip(replay(whole, context), replay(part, context), strict=True):
        known = [(time_s, target) for time_s, target in zip(long.time_s, long.target, strict=True) if time_s <= last]
        assert len(known) > 20
        assert known == list(zip(short.time_s, short.target, strict=True))[: len(known)]


@pytest.mark.parametrize("cadence_s", CADENCES_S)
def test_what_is_stated_is_what_is_measured(whole: list[Series], cadence_s: float) -> None:
    for one, found in zip(whole, replay(whole, context_of((RISK, RISK), cadence_s)), strict=True):
        got = fit(one, 0, found, 3 * DAY_S)
        assert got is not None
        assert RISK * 0.6 < got.above < RISK * 1.4  # 864 samples: two deviations of chance
        assert got.slack < 0.55
        memory = fit(one, 1, found, 3 * DAY_S)
        assert memory is not None
        assert memory.above < RISK * 1.4  # less where the cap lies within the dead band


def test_more_risk_is_cheaper(whole: list[Series]) -> None:
    slack = []
    for risk in (0.01, 0.1):
        found = replay(whole, context_of((risk, risk), 300.0))
        fits = [fit(one, 0, each, 3 * DAY_S) for one, each in zip(whole, found, strict=True)]
        slack.append(np.mean([each.slack for each in fits if each]))
    assert slack[1] < slack[0] - 0.05


def test_a_sample_above_the_request_raises_it_before_the_cadence_is_over() -> None:
    """A sample every five minutes ends a window each; at 30 minutes five of six decide nothing."""
    rng, count = np.random.default_rng(3), 12 * 12
    time_s = 300 * np.arange(1, count + 1, dtype=np.float64)
    value = np.repeat(rng.uniform(0.9, 1.0, count)[:, None], 2, axis=1)
    jump = 12 * 6 + 3  # in the middle of a half hour
    value[jump:] *= 3
    found = replay([Series("jump", time_s, value)], context_of((RISK, RISK), 1800.0))[0]
    before, after = found.at(time_s[jump : jump + 2])
    assert (before < value[jump]).all()
    assert (after >= value[jump]).all()
