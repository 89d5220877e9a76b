"""`python -m benchmarks.sizing`: what trimtab requests on the public traces, beside the VPA's targets and KRR's rule.

The risk that trimtab is told is the share of samples above the request that the VPA's targets have on that source.
`--frontier` are multiples of it that are replayed besides, for the picture and for episodes at the VPA's slack. Beside
each row of trimtab's stands the slack of foresight, with no sample above and with the stated share. Scored are the last
three days of each series.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
import numpy as np
from rich.console import Console
from rich.progress import Progress

from benchmarks.quality.cases import traces_folder
from benchmarks.quality.tables import NONE, Grid
from benchmarks.sizing import equal_slack
from benchmarks.sizing.runs import Result, Run, results
from engine.errors import UserError

SOURCES: Final = ("crane_apps", "smd", "azure2019_vms20", "bitbrains_rnd", "bitbrains_faststorage", "google2019_tasks")
HEADS: Final = (
    "source", "sizes", "risk", "slack", "above", "p90 above", "depth", "changes a day", "episodes", "foresight",
)  # fmt: skip
RESOURCES: Final = {"cpu": "CPU", "mem": "memory"}


def _numbers(text: str, option: str) -> list[float]:
    """Raises UserError."""
    try:
        return [float(part) for part in text.split(",") if part]
    except ValueError:
        raise UserError(f"{option}: expected numbers with commas between, got {text!r}.") from None


def _grid(resource: str, found: Sequence[Result]) -> Grid:
    grid = Grid(RESOURCES[resource], HEADS)
    for one in found:
        if one.row["resource"] == resource:
            row, stated = one.row, f"x {one.times:g}" if one.times else NONE
            if one.days:
                stated += f", {one.days:g} d"
            shares = [f"{row[name]:.4f}" for name in ("above", "above_p90", "depth")]
            changes = f"{np.round(row['changes_a_day'], 1):g}"
            cells = [f"{row['slack']:.3f}", *shares, changes, f"{row['episodes']:,}"]
            cells.append(" / ".join(f"{each:.3f}" for each in one.foresight) if one.foresight else NONE)
            grid.rows.append([one.source, one.sizes, stated, *cells])
    return grid


@click.command(help=__doc__)
@click.option("--sources", default=",".join(SOURCES), show_default=True)
@click.option("--traces", type=click.Path(path_type=Path), help="Folder of <source>/public.csv.gz.")
@click.option("--cadences", default="5,30", show_default=True, help="Minutes after which a size may be changed again.")
@click.option("--frontier", default="", help="Multiples of the VPA's share, such as .25,.5,2,4.")
@click.option("--frontier-days", default=10.0, show_default=True, help="Last days replayed for those.")
@click.option("--jobs", default=2, show_default=True, help="Processes.")
@click.option("--markdown", type=click.Path(path_type=Path), help="The tables go here.")
@click.option("--picture", type=click.Path(path_type=Path), help="The frontier goes here, as PNG.")
def main(
    sources: str,
    traces: Path | None,
    cadences: str,
    frontier: str,
    frontier_days: float,
    jobs: int,
    markdown: Path | None,
    picture: Path | None,
) -> None:
    try:
        names, folder = [part for part in sources.split(",") if part], traces_folder(traces)
        paths = [folder / name / "public.csv.gz" for name in names]
        often = [60.0 * each for each in _numbers(cadences, "--cadences")]
        runs = [Run(path, cadence_s, 1.0) for cadence_s in often for path in paths]
        for times in _numbers(frontier, "--frontier"):
            runs += [Run(path, cadence_s, times, frontier_days) for cadence_s in often for path in paths]
        found = _found(runs, paths, jobs)
    except UserError as error:
        click.echo(f"benchmarks.sizing: {error}", err=True)
        sys.exit(2)
    found.sort(key=lambda one: (names.index(one.source), not one.sizes.startswith("trimtab"), one.sizes, one.times))
    grids = [_grid(resource, found) for resource in RESOURCES]
    grids += [equal_slack.grid(resource, shown, found) for resource, shown in RESOURCES.items()]
    console = Console(width=None if sys.stdout.isatty() else 150)
    for grid in grids:
        console.print(grid.rich())
    if markdown:
        markdown.write_text("\n".join(grid.markdown() for grid in grids))
    if picture:
        from benchmarks.sizing.picture import write  # noqa: PLC0415  (matplotlib is an extra)

        write(picture, found, names)


def _found(runs: Sequence[Run], paths: Sequence[Path], jobs: int) -> list[Result]:
    with Progress(console=Console(stderr=True), transient=True) as progress:
        total = len(runs) + len(paths)
        done = progress.track(results(runs, paths, jobs), total=total, description="replays")
        return [one for some in done for one in some]


if __name__ == "__main__":
    main()
