"""`python -m benchmarks.sizing`: what trimtab requests on the public traces, beside the VPA's targets and KRR's rule.

The risk that trimtab is told is the share of samples above the request that the VPA's targets have on that source,
times `--risks`. Scored are the last three days of each series.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
from rich.console import Console
from rich.progress import Progress

from benchmarks.quality.cases import traces_folder
from benchmarks.quality.tables import Grid
from engine.errors import UserError
from engine.simulate.replay import context_of, replay
from engine.simulate.report import summary
from engine.simulate.rivals import krr, recorded
from engine.simulate.trajectory import Trajectory, fit
from engine.traces import DAY_S, Series, read_trace

SOURCES: Final = ("crane_apps", "smd", "azure2019_vms20", "bitbrains_rnd", "bitbrains_faststorage", "google2019_tasks")
SCORED_S: Final = 3 * DAY_S
LEAST_RISK: Final = 0.0005
"""Where the VPA's memory targets are never exceeded."""
HEADS: Final = ("source", "sizes", "slack", "above", "p90 above", "depth", "changes a day")


def _scores(series: Sequence[Series], name: str, found: Sequence[Trajectory]) -> list[dict[str, Any]]:
    pairs = [(fit(o, 0, t, SCORED_S), fit(o, 1, t, SCORED_S)) for o, t in zip(series, found, strict=True)]
    return summary({name: pairs})


def _source(path: Path, cadences: Sequence[float], risks: Sequence[float]) -> list[dict[str, Any]]:
    series = read_trace(path, strict=True)
    vpa = _scores(series, "VPA 1.2.2", recorded(path, series))
    stated = {row["resource"]: max(row["above"], LEAST_RISK) for row in vpa}
    rows = vpa
    for days in (7, 14):
        rows += _scores(series, f"KRR, {days} days", [krr(one, days) for one in series])
    for cadence_s in cadences:
        for times in risks:
            risk = (stated["cpu"] * times, stated.get("mem", LEAST_RISK) * times)
            found = replay(series, context_of(risk, cadence_s))
            rows += _scores(series, f"trimtab, {cadence_s / 60:.0f} min, risk x {times:g}", found)
    return rows


def _run(sources: str, traces: Path | None, cadences: str, risks: str, markdown: Path | None) -> None:
    folder = traces_folder(traces)
    grids = {resource: Grid(title, HEADS) for resource, title in (("cpu", "CPU"), ("mem", "memory"))}
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for name in progress.track([part for part in sources.split(",") if part]):
            path = folder / name / "public.csv.gz"
            for row in _source(
                path, [60.0 * float(c) for c in cadences.split(",")], [float(r) for r in risks.split(",")]
            ):
                grids[row["resource"]].rows.append([name, row["sizes"], *_cells(row)])
    console = Console(width=None if sys.stdout.isatty() else 140)
    for grid in grids.values():
        console.print(grid.rich())
    if markdown:
        markdown.write_text("\n".join(grid.markdown() for grid in grids.values()))


def _cells(row: dict[str, Any]) -> list[str]:
    shares = [f"{row[name]:.4f}" for name in ("above", "above_p90", "depth")]
    return [f"{row['slack']:.3f}", *shares, f"{np.round(row['changes_a_day'], 1):g}"]


@click.command(help=__doc__)
@click.option("--sources", default=",".join(SOURCES), show_default=True)
@click.option("--traces", type=click.Path(path_type=Path), help="Folder of <source>/public.csv.gz.")
@click.option("--cadences", default="5,30", show_default=True, help="Minutes after which a size may be cut again.")
@click.option("--risks", default="1", show_default=True, help="Multiples of the VPA's share.")
@click.option("--markdown", type=click.Path(path_type=Path), help="The tables go here.")
def main(sources: str, traces: Path | None, cadences: str, risks: str, markdown: Path | None) -> None:
    try:
        _run(sources, traces, cadences, risks, markdown)
    except UserError as error:
        click.echo(f"benchmarks.sizing: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
