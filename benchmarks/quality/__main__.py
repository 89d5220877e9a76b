"""`python -m benchmarks.quality`: trimtab, naive rules and peers on the public traces, side by side.

Each model forecasts from the same hourly origins, 2 h and 4 h ahead; targets in the last 7 days of each series make the
score, never its first 2 days. Results are kept in the user's cache, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.quality.cases import PLAN, Source, read_source, source_names, traces_folder
from benchmarks.quality.compute import NAMES, PEERS, Found, tasks
from benchmarks.quality.scoring import Record, records
from benchmarks.quality.store import code_version, package_version
from benchmarks.quality.tables import Grid, grids
from engine.backtest.online import NAME as TRIMTAB
from engine.errors import UserError

ALL = (*NAMES, TRIMTAB, *PEERS)


def _models(text: str) -> list[str]:
    """Raises UserError."""
    wanted = [part for part in text.split(",") if part] or list(ALL)
    for name in wanted:
        if name not in ALL:
            raise UserError(f"--models {name}: expected some of {', '.join(ALL)}.")
        package_version(name)
    return wanted


def _compute(sources: Sequence[Source], models: Sequence[str], resources: Sequence[str], sample: int) -> Found:
    found: Found = {}
    work = tasks(sources, models, resources, sample)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("", total=len(work))
        for task in work:
            progress.update(bar, description=f"{task.model}: {task.source}")
            task.run(found)
            progress.advance(bar)
    return found


def _write_json(path: Path, made: Sequence[Record], models: Sequence[str]) -> None:
    kept = {
        "plan": {"leads_buckets": PLAN.leads, "every": PLAN.every, "last": PLAN.score_last, "skip": PLAN.score_skip},
        "models": {model: {"package": package_version(model), "code": code_version(model)[:12]} for model in models},
        "records": [record.as_dict() for record in made],
    }
    path.write_text(json.dumps(kept, indent=1))


def _write_markdown(path: Path, tables: Sequence[Grid]) -> None:
    path.write_text("\n".join(table.markdown() for table in tables))


def _run(
    sources: str, models: str, traces: Path | None, series: int, resources: str,
    json_path: Path | None, markdown: Path | None, plot: Path | None, picture: Path | None,
) -> None:  # fmt: skip
    chosen, folder = _models(models), traces_folder(traces)
    names = source_names(folder, [part for part in sources.split(",") if part])
    read = [read_source(folder, name) for name in names]
    found = _compute(read, chosen, resources.split(","), series)
    made = records([case for source in read for case in source.cases], chosen, found)
    tables = list(grids(made))
    console = Console(width=None if sys.stdout.isatty() else 240)
    for table in tables:
        console.print(table.rich())
    if json_path:
        _write_json(json_path, made, chosen)
    if markdown:
        _write_markdown(markdown, tables)
    if plot:
        from benchmarks.quality.plots import write  # noqa: PLC0415  (plotly is an extra)

        write(plot, made)
    if picture:
        from benchmarks.quality import picture as pictures  # noqa: PLC0415  (matplotlib is an extra)

        pictures.write(picture, made)


@click.command(help=__doc__)
@click.option("--sources", default="", help="Names with commas between; all without it.")
@click.option("--models", default="", help=f"Of {', '.join(ALL)}; all without it.")
@click.option("--traces", type=click.Path(path_type=Path), help="Folder of <source>/public.csv.gz.")
@click.option("--series", default=5, show_default=True, help="Series a source for the batch peers; 0 are all.")
@click.option("--resources", default="cpu,mem", show_default=True)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Every score goes here.")
@click.option("--markdown", type=click.Path(path_type=Path), help="The tables go here.")
@click.option("--picture", type=click.Path(path_type=Path), help="A PNG for a README goes here.")
@click.option("--plot", type=click.Path(path_type=Path), help="A page with the plots goes here.")
def main(**options: object) -> None:
    try:
        _run(**options)  # type: ignore[arg-type]
    except UserError as error:
        click.echo(f"benchmarks.quality: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
