"""The state of one slot: what a fold over its events has come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from zlib import crc32

import numpy as np

from engine.core.account import AccountRows
from engine.core.context import TimeRules
from engine.core.decide import DecideRows, JudgementRows
from engine.core.decide.peaks import BUCKETS_PER_HOUR
from engine.core.forecast import ForecastRows
from engine.core.nowcast import NowcastRows
from engine.core.placement import PlacementRows
from engine.core.rows import Array, Rows
from engine.core.window import WindowRows
from engine.identity import SPREAD, slot_key
from engine.messages import Forecaster, Policy, SetPolicy, Stage, Window
from engine.units import BUCKET_S

ROSTERS_KEPT: Final = 4
TABLES: Final[dict[str, type[Rows]]] = {
    "window": WindowRows,
    "placement": PlacementRows,
    "forecast": ForecastRows,
    "decide": DecideRows,
    "nowcast": NowcastRows,
    "judgement": JudgementRows,
    "account": AccountRows,
}


@dataclass(slots=True)
class SlotState:
    """Everything about a slot. Row i of each table is `containers[i]`. `applied` is the offset folded last."""

    cluster: str
    slot: int
    slots: int
    clock: str = "wall"
    applied: int = -1
    watermark_s: float = -1.0
    closed: int = -1
    """Last bucket that was closed."""
    sized: int = -1
    """Last window that was ended; see `cadence`."""
    hour: int = -1
    """Clock hour whose sums are open."""
    waiting: int = -1
    """Bucket for which some rows wait: see `portions`; -1 none do."""
    containers: list[str] = field(default_factory=list)
    rosters: dict[str, Array] = field(default_factory=dict)
    """The last rosters by id, oldest first: the row of state of each of their rows, int64. Equal ones are one array."""
    node_types: list[str] = field(default_factory=list)
    stages: dict[str, Stage] = field(default_factory=dict)
    freezes: dict[str, bool] = field(default_factory=dict)
    policy: SetPolicy = field(default_factory=SetPolicy)
    annotations: list[Policy] = field(default_factory=list)
    """Distinct policies that stand on workloads."""
    window_sets: list[list[Window]] = field(default_factory=list)
    families: list[list[str]] = field(default_factory=list)
    """Distinct sets of windows, and of instance families, that policies name."""
    forecasters: dict[str, Forecaster] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    window: WindowRows = field(default_factory=WindowRows.empty)
    placement: PlacementRows = field(default_factory=PlacementRows.empty)
    forecast: ForecastRows = field(default_factory=ForecastRows.empty)
    decide: DecideRows = field(default_factory=DecideRows.empty)
    nowcast: NowcastRows = field(default_factory=NowcastRows.empty)
    judgement: JudgementRows = field(default_factory=JudgementRows.empty)
    account: AccountRows = field(default_factory=AccountRows.empty)

    @property
    def key(self) -> str:
        return slot_key(self.cluster, self.slot)

    @property
    def forecast_ahead(self) -> int:
        """Buckets by which the forecast's clock is ahead of the slot's, less than an hour.

        The slots of a large fleet would all forecast on the hour, and commands wait for that: so some do it at ten
        past. In a cluster of few slots the clocks are the same.
        """
        return crc32(self.key.encode()) % BUCKETS_PER_HOUR if self.slots > SPREAD else 0

    def forecast_bucket(self, bucket: int) -> int:
        """A bucket by the forecast's clock."""
        return bucket + self.forecast_ahead

    def count(self, name: str, amount: int = 1) -> None:
        if amount:
            self.counters[name] = self.counters.get(name, 0) + amount

    def rows_of(self, roster: str) -> Array | None:
        """Not to be changed."""
        return self.rosters.get(roster)

    def tell(self, roster: str, rows: list[int]) -> None:
        """A roster is the newest; so many are kept. A size that changed makes another roster of the same rows."""
        told = np.array(rows, dtype=np.int64)
        same = (kept for kept in self.rosters.values() if np.array_equal(kept, told))
        told = next(same, told)
        self.rosters.pop(roster, None)
        self.rosters[roster] = told
        while len(self.rosters) > ROSTERS_KEPT:
            del self.rosters[next(iter(self.rosters))]

    def add_rows(self, containers: list[str]) -> None:
        """Fresh rows for containers that are not known yet."""
        if not containers:
            return
        self.containers.extend(containers)
        for name in TABLES:
            setattr(self, name, getattr(self, name).grown(len(self.containers)))

    def keep_rows(self, keep: Array) -> None:
        """Drops all rows but `keep` (int, ascending), and renumbers what names rows."""
        self.containers = [self.containers[old] for old in keep]
        distinct = {id(rows): np.searchsorted(keep, rows) for rows in self.rosters.values()}
        self.rosters = {name: distinct[id(rows)] for name, rows in self.rosters.items()}
        for name in TABLES:
            setattr(self, name, getattr(self, name).take(keep))

    def due(self, rules: TimeRules) -> int:
        """The last bucket that the watermark lets close: its end, the lateness and the slot's stagger have passed."""
        return self.left(rules, rules.lateness_s)

    def left(self, rules: TimeRules, lateness_s: float = 0.0) -> int:
        """The last stretch of a bucket's length, at the slot's own phase, that the watermark has left by so much."""
        stagger_s = crc32(self.key.encode()) % int(rules.stagger_s + 1)
        return int((self.watermark_s - lateness_s - stagger_s) // BUCKET_S)
