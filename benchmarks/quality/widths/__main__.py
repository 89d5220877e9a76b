"""`python -m benchmarks.quality.widths`: fit how wide the forecasts' distributions are, before a series shows it.

On the even half of the public series; sources, ages and a source's series have equal weights. `--write` makes the
tables the engine's. `python -m benchmarks.quality.calibration` shows what they give.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.progress import Progress

from benchmarks.quality.cases import read_source, source_names, traces_folder
from benchmarks.quality.widths.collect import seen
from benchmarks.quality.widths.fit import shapes, widths
from benchmarks.quality.widths.tables import written
from engine.core.forecast import window_maximum
from engine.errors import UserError


def _run(sources: str, traces: Path | None, to: Path | None) -> None:
    folder = traces_folder(traces)
    names = source_names(folder, [part for part in sources.split(",") if part])
    found = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for name in progress.track(names, description="evidence"):
            source = read_source(folder, name)
            if any(case.even for case in source.cases):
                found.append(seen(source))
    ahead, maximum = ([pair[place] for pair in found] for place in (0, 1))
    above, window = widths(ahead, 1), widths(maximum, 1)
    tails = shapes(ahead, above, (0.9, 0.99))
    text = written(
        {
            "BELOW": widths(ahead, -1),
            "ABOVE": above,
            "SHAPE": np.concatenate([tails[:, 0], tails[:, 1]], axis=1),
            "WINDOW": window,
            "WINDOW_SHAPE": shapes(maximum, window, window_maximum.LEVELS),
        }
    )
    if to:
        to.write_text(text)
    else:
        click.echo(text)


@click.command(help=__doc__)
@click.option("--sources", default="", help="Names with commas between; all without it.")
@click.option("--traces", type=click.Path(path_type=Path), help="Folder of <source>/public.csv.gz.")
@click.option("--write", "to", type=click.Path(path_type=Path), help="engine/core/forecast/width_tables.py")
def main(sources: str, traces: Path | None, to: Path | None) -> None:
    try:
        _run(sources, traces, to)
    except UserError as error:
        click.echo(f"benchmarks.quality.widths: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
