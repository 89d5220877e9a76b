"""`python -m benchmarks.safety.leaks`: how often the engine takes memory of the public traces for a leak, and is wrong.

A series' limit is its highest sample of the last 24 hours and some headroom. An alarm is a time to the limit below the
horizon at which memory is raised; it is right when a sample reaches that limit within twice the horizon. After an
alarm, a series is not asked again for six hours: it would have been raised. What is reached within a day is shown too.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
import numpy as np
from rich.console import Console

from benchmarks.quality.cases import traces_folder
from benchmarks.quality.tables import Grid
from engine.backtest.buckets import Bucketed, bucketed
from engine.backtest.online import closes
from engine.core.decide import SizingParameters
from engine.core.decide.leaks import time_to_limit
from engine.core.forecast import ForecastRows
from engine.core.forecast.history import record
from engine.core.forecast.recall import recent_means
from engine.core.rows import Array
from engine.errors import UserError
from engine.traces import read_trace
from engine.units import BUCKET_S, MEMORY

SOURCES: Final = ("smd", "google2019_tasks", "bitbrains_faststorage", "bitbrains_rnd")
HEADROOMS: Final = (1.05, 1.2)
DAY: Final = 288
REST: Final = 72
PARAMETERS: Final = SizingParameters()


@dataclass(frozen=True, slots=True)
class Alarms:
    """`series`, `bucket` int [k] and `limit` [k] of each alarm; `days` that were watched, over all series."""

    series: Array
    bucket: Array
    limit: Array
    days: float


def alarms(series: Sequence[Bucketed], headroom: float) -> Alarms:
    """What is raised as a leak in these series."""
    rows, ring = ForecastRows.empty(len(series)), np.full((len(series), DAY), np.nan)
    written, quiet_until = np.full((len(series), DAY), -1), np.zeros(len(series), np.int64)
    found: list[tuple[int, int, float]] = []
    watched = 0
    for close in closes(series):
        which = np.flatnonzero(~np.isnan(close.mean[:, MEMORY]))
        record(rows, (which, np.full_like(which, MEMORY)), close.bucket, close.mean[which, MEMORY])
        ring[which, close.bucket % DAY], written[which, close.bucket % DAY] = close.peak[which, MEMORY], close.bucket
        asked = which[rows.buckets_seen[which, MEMORY] >= DAY]
        watched += len(asked)
        recent = np.where(written[asked] > close.bucket - DAY, ring[asked], np.nan)
        limit = np.fmax.reduce(recent, axis=1) * headroom
        means, alive = recent_means(rows, asked, close.bucket), np.zeros(len(asked), np.bool_)
        left_s, _ = time_to_limit(rows, asked, close.bucket, means, limit, alive, PARAMETERS)
        due = (left_s < PARAMETERS.leak_horizon_s) & (quiet_until[asked] <= close.bucket)
        found += [(int(row), close.bucket, float(most)) for row, most in zip(asked[due], limit[due], strict=True)]
        quiet_until[asked[due]] = close.bucket + REST
    columns = np.array(found, dtype=np.float64).reshape(-1, 3)
    return Alarms(columns[:, 0].astype(int), columns[:, 1].astype(int), columns[:, 2], watched / DAY)


def reached(series: Sequence[Bucketed], found: Alarms, within_s: float) -> int:
    """How many of the alarms' limits a sample reaches within this time."""
    count = 0
    for row, bucket, limit in zip(found.series, found.bucket, found.limit, strict=True):
        one = series[row]
        later = (one.bucket > bucket) & (one.bucket <= bucket + within_s / BUCKET_S)
        count += bool((one.peak[later, MEMORY] >= limit).any())
    return count


def _table(folder: Path, sources: Sequence[str]) -> Grid:
    heads = ("source", "headroom", "series", "days", "alarms", "reached in 4 h", "in 24 h", "false a series and month")
    lines: list[Sequence[str]] = []
    for source in sources:
        series = [bucketed(one) for one in read_trace(folder / source / "public.csv.gz", strict=True)]
        series = [one for one in series if one.spans(MEMORY)]
        for headroom in HEADROOMS if series else ():
            found = alarms(series, headroom)
            soon = reached(series, found, 2 * PARAMETERS.leak_horizon_s)
            false = 30.0 * (len(found.series) - soon) / max(found.days, 1.0)
            lines.append((
                source, f"{headroom:g}", str(len(series)), f"{found.days:.0f}", str(len(found.series)), str(soon),
                str(reached(series, found, 86_400.0)), f"{false:.2f}",
            ))  # fmt: skip
    return Grid("Memory taken for a leak", heads, lines)


@click.command(help=__doc__)
@click.option("--traces", type=click.Path(path_type=Path), help="Folder of the public traces.")
@click.option("--sources", default=",".join(SOURCES), show_default=True)
@click.option("--markdown", type=click.Path(path_type=Path), help="Write the table here too.")
def main(traces: Path | None, sources: str, markdown: Path | None) -> None:
    try:
        grid = _table(traces_folder(traces), sources.split(","))
    except UserError as error:
        sys.exit(str(error))
    Console(width=140).print(grid.rich())
    if markdown:
        markdown.write_text(grid.markdown())


if __name__ == "__main__":
    main()
