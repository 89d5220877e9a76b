"""`python -m benchmarks.quality.gate`: train whom the forecast hears, on the even half of the public series.

Prints what it gives on either half beside the experts weighed by their records alone; `--write` makes the network the
engine's. The records depend a little on the forecast (who abstains is charged what it lost), so that a second run
after `--write` differs slightly.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.progress import Progress

from benchmarks.quality.cases import read_source, source_names, traces_folder
from benchmarks.quality.gate.collect import Examples, examples
from benchmarks.quality.gate.network import Network
from benchmarks.quality.gate.prior import write
from benchmarks.quality.gate.report import report
from benchmarks.quality.gate.train import pool, train
from engine.errors import UserError


def _run(sources: str, traces: Path | None, hidden: int, steps: int, seed: int, to: Path | None) -> None:
    folder = traces_folder(traces)
    names = source_names(folder, [part for part in sources.split(",") if part])
    found: list[Examples] = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for name in progress.track(names, description="experts"):
            found += examples(read_source(folder, name))
    network = train(pool([one for one in found if one.even]), hidden, steps, seed)
    network = Network(*(np.round(array, 3) for array in network.arrays()))
    console = Console(width=None if sys.stdout.isatty() else 160)
    for grid in report(found, network):
        console.print(grid.rich())
    if to:
        write(network, to)


@click.command(help=__doc__)
@click.option("--sources", default="", help="Names with commas between; all without it.")
@click.option("--traces", type=click.Path(path_type=Path), help="Folder of <source>/public.csv.gz.")
@click.option("--hidden", default=8, show_default=True, help="Hidden units.")
@click.option("--steps", default=4000, show_default=True, help="Batches to learn from.")
@click.option("--seed", default=0, show_default=True)
@click.option("--write", "to", type=click.Path(path_type=Path), help="engine/core/forecast/gate_prior.py")
def main(sources: str, traces: Path | None, hidden: int, steps: int, seed: int, to: Path | None) -> None:
    try:
        _run(sources, traces, hidden, steps, seed, to)
    except UserError as error:
        click.echo(f"benchmarks.quality.gate: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
