"""Nowcasts of made-up usage."""

from __future__ import annotations

import numpy as np

from engine.core.nowcast import NowcastRows, Sight, end_window, note, see
from engine.core.nowcast.record import Ended
from engine.core.rows import Array


def usage(seed: int, windows: int, rows: int = 3) -> Array:
    """float64 [windows, rows, 2] in cores and bytes: a daily swing, noise and spikes."""
    rng = np.random.default_rng(seed)
    day = 1 + 0.5 * np.sin(2 * np.pi * np.arange(windows) / 288)[:, None, None]
    noise = rng.lognormal(0, 0.2, (windows, rows, 2)) * (1 + 2 * (rng.random((windows, rows, 2)) < 0.02))
    found: Array = day * noise * np.array([0.5, 2.0**30])
    return found


def shown(samples: Array, first: int = 1) -> tuple[NowcastRows, Ended]:
    """Rows that have seen samples [windows, rows, 2], one a window (NaN = none), and the last window."""
    count = samples.shape[1]
    rows, index = NowcastRows.empty(count), np.arange(count)
    ended = end_window(rows, first - 1, np.empty(0, np.int64))
    for place, sample in enumerate(samples):
        some = np.flatnonzero(~np.isnan(sample).all(axis=1))
        note(rows, index[some], sample[some])
        ended = end_window(rows, first + place, some)
    return rows, ended


def seen(samples: Array, cadence_s: float = 300.0, first: int = 1) -> tuple[NowcastRows, Sight]:
    rows, ended = shown(samples, first)
    return rows, see(rows, ended, samples[-1], samples[-2], cadence_s)
