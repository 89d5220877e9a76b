"""What is forecast: each resource of each series of the public traces, and from which origins."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final
from zlib import crc32

import numpy as np

from engine.backtest.buckets import Bucketed, bucketed
from engine.backtest.model import Buckets, Series
from engine.backtest.plan import Plan
from engine.errors import UserError
from engine.traces import read_trace

SHARED: Final = Path("../shared/traces")
DAY: Final = 288
PLAN: Final = Plan(leads=(24, 48), every=12, score_last=7 * DAY, score_skip=2 * DAY)
LEADS: Final = np.array(PLAN.leads, dtype=np.int64)
MAIN: Final = ("crane_apps", "smd", "azure2019_vms20", "bitbrains_rnd", "bitbrains_faststorage")
"""The sources with goals, which come first."""


@dataclass(frozen=True)
class Case:
    """One resource of one series of a source."""

    source: str
    series: Series

    @cached_property
    def digest(self) -> str:
        """Of everything that a forecast may depend on."""
        series = self.series
        head = f"{series.series_id} {series.resource} {series.first} {len(series.mean)} {PLAN}"
        return hashlib.sha256(head.encode() + series.mean.tobytes()).hexdigest()

    @property
    def even(self) -> bool:
        """Of the half on which constants were chosen."""
        return crc32(self.series.series_id.encode()) % 2 == 0

    @property
    def cut(self) -> int:
        """The first bucket that is scored, and at least half of the series: offline training ends before."""
        count = len(self.series.mean)
        return self.series.first + max(count - PLAN.score_last, count // 2)

    @cached_property
    def origins(self) -> Buckets:
        """All hourly origins with a target, from the series' first hour on."""
        last = self.series.first + len(self.series.mean) - 1
        origins = PLAN.origins(self.series.first, last)
        some: Buckets = origins[origins + LEADS[0] <= last]
        return some

    @cached_property
    def scored_origins(self) -> Buckets:
        """Those of which a target makes the score."""
        scored = PLAN.scored(self.series, self.origins[:, None] + LEADS)
        some: Buckets = self.origins[scored.any(axis=1)]
        return some


@dataclass(frozen=True)
class Source:
    """A public trace: `series` as the engine sees them, and their resources as cases."""

    name: str
    series: tuple[Bucketed, ...]
    cases: tuple[Case, ...]

    def sample(self, resource: str, count: int) -> list[Case]:
        """The first `count` by name that have anything to score; 0 are all."""
        some = [case for case in self.cases if case.series.resource == resource and len(case.scored_origins)]
        some.sort(key=lambda case: case.series.series_id)
        return some[:count] if count else some


def traces_folder(given: Path | None) -> Path:
    """Raises UserError where there are no traces."""
    folder = given or Path(os.environ.get("TRIMTAB_TRACES") or SHARED)
    if not folder.is_dir():
        raise UserError(f"There is no directory {folder}: give --traces or TRIMTAB_TRACES.")
    return folder


def source_names(folder: Path, wanted: Sequence[str]) -> list[str]:
    """Those wanted, or all that the folder has, the main ones first. Raises UserError."""
    there = sorted(path.parent.name for path in folder.glob("*/public.csv.gz"))
    for name in wanted:
        if name not in there:
            raise UserError(f"--sources {name}: expected some of {', '.join(there) or 'none: the folder is empty'}.")
    return list(wanted) or sorted(there, key=lambda name: (name not in MAIN, MAIN.index(name) if name in MAIN else 0))


def read_source(folder: Path, name: str) -> Source:
    """Raises UserError."""
    series = tuple(bucketed(one) for one in read_trace(folder / name / "public.csv.gz"))
    alone = (one.series(resource) for one in series for resource in (0, 1))
    return Source(name, series, tuple(Case(name, one) for one in alone if one is not None))
