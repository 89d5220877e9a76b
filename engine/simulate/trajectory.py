"""Requests over time as a step function, and how they fit what was used."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from engine.traces import Floats, Series
from engine.units import DAY_S, HOUR_S


@dataclass(slots=True)
class Trajectory:
    """Targets of one series, in the trace's units: row i holds from `time_s[i]` on; NaN is "none"."""

    time_s: list[float] = field(default_factory=list)
    target: list[tuple[float, float]] = field(default_factory=list)

    def set(self, time_s: float, target: tuple[float, float]) -> None:
        """Times never fall; a second target of one time replaces the first."""
        if self.time_s and self.time_s[-1] == time_s:
            self.target[-1] = target
        else:
            self.time_s.append(time_s)
            self.target.append(target)

    def at(self, time_s: Floats) -> Floats:
        """The targets that hold at these times, float64 [n, 2]; NaN before the first."""
        if not self.time_s:
            return np.full((len(time_s), 2), np.nan)
        place = np.searchsorted(np.array(self.time_s), time_s, side="right") - 1
        found: Floats = np.where((place >= 0)[:, None], np.array(self.target)[np.maximum(place, 0)], np.nan)
        return found


@dataclass(frozen=True, slots=True)
class Fit:
    """Of one resource of one series, over the samples that are scored and had a target.

    slack: share of what was requested that was idle. above: share of samples above the request. depth: share of what
    was used that lay above it. changes_a_day: of this resource's target. episodes: runs of samples above the request;
    for memory, each would have been an OOM kill. requested: mean, in the trace's units.
    """

    samples: int
    slack: float
    above: float
    depth: float
    changes_a_day: float
    episodes: int
    requested: float


def fit(series: Series, resource: int, trajectory: Trajectory, last_s: float) -> Fit | None:
    """Over the last `last_s` seconds of the series; None where nothing can be scored."""
    used = series.value[:, resource]
    known = ~np.isnan(used)
    if not known.any():
        return None
    end = series.time_s[known][-1]
    known &= series.time_s > end - last_s
    target = trajectory.at(series.time_s)[:, resource]
    known &= ~np.isnan(target)
    if not known.any():
        return None
    used, target = used[known], target[known]
    over = used > target
    requested, covered = target.sum(), np.minimum(used, target).sum()
    span = max(end - max(end - last_s, series.time_s[0]), HOUR_S)
    return Fit(
        samples=len(used),
        slack=float(1 - covered / requested) if requested > 0 else 0.0,
        above=float(over.mean()),
        depth=float((used - target)[over].sum() / used.sum()) if used.sum() > 0 else 0.0,
        changes_a_day=float(_changes(trajectory, resource, end - last_s, end) / (span / DAY_S)),
        episodes=int(over[0]) + int((over[1:] & ~over[:-1]).sum()),
        requested=float(target.mean()),
    )


def _changes(trajectory: Trajectory, resource: int, begin: float, end: float) -> int:
    target = np.array([each[resource] for each in trajectory.target])
    time_s = np.array(trajectory.time_s)
    moved = np.flatnonzero(target[1:] != target[:-1]) + 1
    return int(((time_s[moved] > begin) & (time_s[moved] <= end)).sum())
