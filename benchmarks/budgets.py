"""`python -m benchmarks.budgets`: does the trend of a namespace's budget cover what it states?

Namespaces are sums of 1 to 5 series of a public trace, each by its own mean, drawn by chance; the trend is learned on
4 to 10 of their days. Printed is the share of later days that lay between the lines from which the earliest and the
latest day of `Trend.reaches` come.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import numpy as np

from benchmarks.quality.cases import traces_folder
from engine.budget.trend import FURTHEST, Trend, trend
from engine.core.rows import Array
from engine.traces import Series, read_trace
from engine.units import DAY_S

SOURCES: Final = ("crane_apps", "azure_vms160_sample", "bitbrains_faststorage", "azure2019_vms20", "smd")
LEARNED: Final = (4, 5, 6, 7, 10)
AHEAD: Final = (1, 3, 6)
DRAWS: Final = 200


def daily(series: Series) -> Array | None:
    """CPU of the whole days of a series by its mean; None with fewer than 8, or a day without a sample."""
    day = ((series.time_s - series.time_s[0]) // DAY_S).astype(int)
    cpu = series.value[:, 0]
    known = ~np.isnan(cpu) & (day < day.max())
    count = np.bincount(day[known], minlength=int(day.max()))
    if len(count) < 8 or not count.all():
        return None
    mean = np.bincount(day[known], cpu[known], minlength=len(count)) / count
    shares: Array = mean / mean.mean()
    return shares


def covers(line: Trend, ahead: int, value: float) -> bool:
    """Whether the mean of the day that is so many days ahead lies between the lines."""
    middle = ahead - 0.5
    return line.level + line.lower * middle - line.spread <= value <= line.level + line.upper * middle + line.spread


def checks(days: list[Array], seed: int) -> Iterator[tuple[int, bool]]:
    """Days ahead, and whether the value was covered."""
    rng = np.random.default_rng(seed)
    length = min(len(each) for each in days)
    for _ in range(DRAWS):
        some = rng.choice(len(days), rng.integers(1, min(6, len(days) + 1)), replace=False)
        total = np.sum([days[n][:length] for n in some], axis=0)
        for learned in LEARNED:
            line = trend(total[:learned])
            assert line is not None
            for ahead in AHEAD:
                if learned + ahead <= length and ahead <= FURTHEST * learned:
                    yield ahead, covers(line, ahead, float(total[learned + ahead - 1]))


@click.command()
@click.option("--traces", type=click.Path(path_type=Path), help="Folder of public traces; default: TRIMTAB_TRACES.")
@click.option("--seed", default=1, show_default=True)
def main(traces: Path | None, seed: int) -> None:
    """Print coverage by source and days ahead."""
    click.echo(f"{'source':24}" + "".join(f"{f'{ahead} d':>8}" for ahead in AHEAD))
    for source in SOURCES:
        series = read_trace(traces_folder(traces) / source / "public.csv.gz")
        found = list(checks([days for each in series if (days := daily(each)) is not None], seed))
        shares = (float(np.mean([hit for ahead, hit in found if ahead == wanted])) for wanted in AHEAD)
        click.echo(f"{source:24}" + "".join(f"{share:8.1%}" for share in shares))


if __name__ == "__main__":
    main()
