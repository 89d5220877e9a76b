"""`python -m benchmarks.sizing.nowcast`: train the nowcast's networks on the even half of the public series.

Prints the pinball loss of each on either half, without the last three days of each series; `--write` makes the networks
the engine's. About a quarter of an hour on two cores.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import Progress

from benchmarks.quality.cases import source_names, traces_folder
from benchmarks.quality.tables import Grid
from benchmarks.sizing.nowcast.collect import Examples, examples
from benchmarks.sizing.nowcast.network import loss_of
from benchmarks.sizing.nowcast.prior import rounded, write
from benchmarks.sizing.nowcast.train import train
from engine.core.nowcast.prior import CADENCES_S
from engine.errors import UserError
from engine.traces import read_trace
from engine.units import RESOURCES

OF_LONG: Final = 5 / 8
"""Steps of the longer cadence, which has fewer examples."""


def _run(traces: Path | None, units: int, steps: int, dropped: float, seed: int, to: Path | None) -> None:
    folder = traces_folder(traces)
    grid = Grid("pinball loss, mean over the sources", ("network", "examples", "even half", "odd half"))
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for resource, name in enumerate(RESOURCES):
            some = {even: _examples(folder, resource, even, progress) for even in (True, False)}
            for which, cadence_s in enumerate(CADENCES_S):
                so_many = steps if which == 0 else round(steps * OF_LONG)
                bar = progress.add_task(f"{name}, {cadence_s:.0f} s", total=so_many)
                advance = partial(progress.advance, bar)
                weights = rounded(train(some[True][which], units, so_many, dropped, seed, advance))
                losses = [f"{loss_of(weights, some[even][which]):.5f}" for even in (True, False)]
                count = sum(len(one.target) for one in some[True][which])
                grid.rows.append([f"{name}, {cadence_s / 60:.0f} min", f"{count:,}", *losses])
                if to:
                    write(weights, to, resource, cadence_s)
    Console(width=None if sys.stdout.isatty() else 120).print(grid.rich())


def _examples(folder: Path, resource: int, even: bool, progress: Progress) -> list[list[Examples]]:
    """By cadence, of the sources that have any."""
    found: list[list[Examples]] = [[] for _ in CADENCES_S]
    names = source_names(folder, [])
    for name in progress.track(names, description=f"{RESOURCES[resource]}, {'even' if even else 'odd'} half"):
        trace = read_trace(folder / name / "public.csv.gz")
        for some, one in zip(found, examples(name, trace, resource, even), strict=True):
            if len(one.target):
                some.append(one)
    return found


@click.command(help=__doc__)
@click.option("--traces", type=click.Path(path_type=Path), help="Folder of <source>/public.csv.gz.")
@click.option("--units", default=96, show_default=True, help="Hidden units of each layer.")
@click.option("--steps", default=8000, show_default=True, help="Batches to learn from, at 5 minutes.")
@click.option("--dropped", default=0.2, show_default=True, help="Share of units that a batch does without.")
@click.option("--seed", default=0, show_default=True)
@click.option("--write", "to", type=click.Path(path_type=Path), help="engine/core/nowcast")
def main(traces: Path | None, units: int, steps: int, dropped: float, seed: int, to: Path | None) -> None:
    try:
        _run(traces, units, steps, dropped, seed, to)
    except UserError as error:
        click.echo(f"benchmarks.sizing.nowcast: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
