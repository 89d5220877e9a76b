"""A slot of made-up containers with two weeks of history, and the messages that an agent would send of it.

History is made for a few hundred containers as `observe` and `end_window` make it, and copied for more of them: what a
row costs depends on how much it remembers, not on what.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from msgspec.structs import replace

from agents.collector.rosters import Usage, metrics_event, roster_event
from agents.collector.sources.truth import Shape, sizes, usage
from engine.codec import roster_hash
from engine.core.forecast import ForecastRows, observe
from engine.core.forecast.state import DAYS, HOUR
from engine.core.nowcast import NowcastRows, end_window, note
from engine.core.nowcast.state import DAY
from engine.core.rows import Array
from engine.messages import ContainerSpec, Metrics, Roster
from engine.units import BUCKET_S

CLUSTER: Final = "bench"
KEY: Final = "bench/0"
DISTINCT: Final = 512
START_S: Final = 1_704_067_200.0
"""Monday, 1 January 2024: history ends here."""


class Containers:
    """So many containers of one slot; container i has the level and the season of container i modulo `DISTINCT`."""

    def __init__(self, number: int) -> None:
        self.number, self.copied = number, np.arange(number) % DISTINCT
        self._shape = Shape.of(1, np.arange(DISTINCT)).take(self.copied)
        self._specs = [
            ContainerSpec(namespace=f"ns-{n % 50}", workload=f"w-{n}", container="app", size=size, node_type="m5.large")
            for n, size in enumerate(sizes(self._shape))
        ]
        self._roster = roster_hash(self._specs)

    def roster(self, time_s: float) -> Roster:
        return replace(roster_event(CLUSTER, 0, time_s, self._roster, self._specs), sent_s=time_s)

    def metrics(self, time_s: float, oom_kills: int = 0) -> Metrics:
        """One scrape; the first `oom_kills` containers were killed since the one before."""
        value = usage(self._shape, time_s)
        kills = (np.arange(self.number) < oom_kills).astype(np.int64)
        message = metrics_event(CLUSTER, 0, time_s, self._roster, Usage(value, np.zeros(self.number), kills))
        return replace(message, sent_s=time_s)


@cache
def learned() -> ForecastRows:
    """Forecasts of `DISTINCT` containers after two weeks: of each hour the bucket that is looked at later."""
    shape, rows = Shape.of(1, np.arange(DISTINCT)), ForecastRows.empty(DISTINCT)
    last = int(START_S // BUCKET_S)
    for bucket in range(last - (DAYS + 1) * 24 * HOUR, last + 1, HOUR):
        mean = usage(shape, bucket * BUCKET_S)
        observe(rows, bucket, mean, mean)
    return rows


@cache
def seen() -> NowcastRows:
    """Windows of `DISTINCT` containers after two days."""
    shape, rows, index = Shape.of(1, np.arange(DISTINCT)), NowcastRows.empty(DISTINCT), np.arange(DISTINCT)
    last = int(START_S // BUCKET_S)
    for window in range(last - 2 * DAY, last):
        note(rows, index, usage(shape, window * BUCKET_S))
        end_window(rows, window, index)
    return rows


def sample(rows: int, time_s: float) -> Array:
    """Usage [rows, 2] at a time, of containers as above."""
    shape = Shape.of(1, np.arange(DISTINCT)).take(np.arange(rows) % DISTINCT)
    return usage(shape, time_s)
