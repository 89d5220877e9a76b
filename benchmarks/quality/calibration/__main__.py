"""`python -m benchmarks.quality.calibration`: do the stated quantiles hold, by source and kind of moment?

Every forecast that the engine's rows make by themselves on the hour counts, from a series' first hour on.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from benchmarks.quality.calibration.collect import issued
from benchmarks.quality.calibration.coverage import by_kind, by_level
from benchmarks.quality.cases import read_source, source_names, traces_folder
from engine.errors import UserError


def _run(sources: str, traces: Path | None, levels: bool, markdown: Path | None) -> None:
    folder = traces_folder(traces)
    names = source_names(folder, [part for part in sources.split(",") if part])
    found = {}
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for name in progress.track(names):
            found[name] = list(issued(read_source(folder, name).series))
    grids = [*by_kind(found), *(by_level(found) if levels else [])]
    console = Console(width=None if sys.stdout.isatty() else 160)
    for grid in grids:
        console.print(grid.rich())
    if markdown:
        markdown.write_text("\n".join(grid.markdown() for grid in grids))


@click.command(help=__doc__)
@click.option("--sources", default="", help="Names with commas between; all without it.")
@click.option("--traces", type=click.Path(path_type=Path), help="Folder of <source>/public.csv.gz.")
@click.option("--levels", is_flag=True, help="Every level at every lead, too.")
@click.option("--markdown", type=click.Path(path_type=Path), help="The tables go here.")
def main(sources: str, traces: Path | None, levels: bool, markdown: Path | None) -> None:
    try:
        _run(sources, traces, levels, markdown)
    except UserError as error:
        click.echo(f"benchmarks.quality.calibration: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
