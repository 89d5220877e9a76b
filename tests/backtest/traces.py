"""Traces for the tests of the backtest: seeded, with gaps, missing values and series that begin late."""

from __future__ import annotations

import numpy as np

from engine.backtest.plan import Plan
from engine.traces import Series

PLAN = Plan(leads=(3, 24, 48), every=12, score_last=288, score_skip=144)
STEP_S = 60.0


def trace(seed: int, names: list[str], days: float, step_s: float = STEP_S) -> list[Series]:
    """A daily pattern with noise, in cores and bytes, on a common clock that `step_s` steps."""
    random = np.random.default_rng(seed)
    made = []
    for name in names:
        ticks = np.arange(int(days * 86_400 / step_s))
        begin, gap = random.integers(0, len(ticks) // 4), random.integers(len(ticks) // 3, len(ticks))
        away = (ticks < begin) | ((ticks > gap) & (ticks < gap + 3.5 * 3600 / step_s))
        kept = ticks[~away & (random.random(len(ticks)) > 0.05)]
        day = 1 + 0.5 * np.sin(2 * np.pi * kept * step_s / 86_400 + random.uniform(0, 6))
        value = day[:, None] * np.exp(0.2 * random.standard_normal((len(kept), 2))) * np.array([0.3, 2e8])
        value[random.random(value.shape) < 0.03] = np.nan
        made.append(Series(name, (300_000.0 + kept * step_s).astype(np.float64), value))
    return made


def cut(series: Series, before_s: float) -> Series:
    return series.between(0.0, before_s)
