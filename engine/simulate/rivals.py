"""What else could have set the requests: recorded targets of the VPA, KRR's rule, and one size known in hindsight."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from engine.errors import UserError
from engine.simulate.trajectory import Trajectory
from engine.traces import Floats, Series
from engine.units import DAY_S

KRR_EVERY_S: Final = 21_600.0
"""KRR is run by people or by a cron job: four times a day is often."""
KRR_CPU, KRR_MEMORY = 0.95, 1.15
"""Its defaults: the 95th percentile of CPU, the highest memory and 15 %."""


def recorded(trace: Path, series: Sequence[Series]) -> list[Trajectory]:
    """The VPA's targets that lie beside the trace, as `vpa*_targets.csv.gz`. Raises UserError."""
    files = sorted(trace.parent.glob("vpa*_targets.csv.gz"))
    if not files:
        raise UserError(f"--compare vpa: there is no vpa*_targets.csv.gz beside {trace}.")
    by_name = {one.name: Trajectory() for one in series}
    with io.TextIOWrapper(gzip.open(files[-1]), "utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["series_id"] in by_name:
                cpu, memory = (float(row[name] or "nan") for name in ("cpu_target", "mem_target"))
                by_name[row["series_id"]].set(float(row["timestamp_s"]), (cpu, memory))
    return [_filled(by_name[one.name]) for one in series]


def _filled(trajectory: Trajectory) -> Trajectory:
    """A row may speak of one resource alone: the other holds on."""
    last = (np.nan, np.nan)
    for place, target in enumerate(trajectory.target):
        last = (last[0] if np.isnan(target[0]) else target[0], last[1] if np.isnan(target[1]) else target[1])
        trajectory.target[place] = last
    return trajectory


def krr(series: Series, days: int) -> Trajectory:
    """KRR's rule over the days before, four times a day, from the first day on."""
    found = Trajectory()
    begin, end = series.time_s[0], series.time_s[-1]
    for time_s in np.arange(begin + DAY_S, end, KRR_EVERY_S):
        part = series.between(time_s - days * DAY_S, time_s).value
        cpu, memory = part[:, 0][~np.isnan(part[:, 0])], part[:, 1][~np.isnan(part[:, 1])]
        found.set(
            float(time_s),
            (
                float(np.quantile(cpu, KRR_CPU)) if len(cpu) else np.nan,
                float(memory.max() * KRR_MEMORY) if len(memory) else np.nan,
            ),
        )
    return found


def hindsight(series: Series, risk: tuple[float, float], last_s: float) -> Trajectory:
    """The one size that keeps the risk over the scored samples: nobody knows it beforehand."""
    scored = series.between(series.time_s[-1] - last_s, np.inf).value
    found = Trajectory()
    found.set(float(series.time_s[0]), (_size(scored[:, 0], risk[0]), _size(scored[:, 1], risk[1])))
    return found


def _size(used: Floats, risk: float) -> float:
    known = used[~np.isnan(used)]
    return float(np.quantile(known, 1 - risk, method="higher")) if len(known) else float("nan")
