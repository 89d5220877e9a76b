"""`python -m benchmarks.speed.core`: what the core costs, beside peers, in one run. No broker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from benchmarks.speed.core.made_up import DISTINCT, learned, seen
from benchmarks.speed.core.measure import measure
from benchmarks.speed.core.peers import river, vpa
from benchmarks.speed.core.table import markdown
from engine.core.warm_up import warm_up

FILE = click.Path(dir_okay=False, path_type=Path)


class Numbers(click.ParamType):
    """Whole numbers of 1 or more, with commas between."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        try:
            numbers = tuple(map(int, str(value).split(",")))
        except ValueError:
            numbers = ()
        if not numbers or min(numbers) < 1:
            self.fail(f"expected whole numbers of 1 or more with commas between, got {value!r}", param, ctx)
        return numbers


@click.command()
@click.option("--rows", type=Numbers(), default="100,1000,5000,20000", show_default=True, help="Rows a message.")
@click.option("--hours", type=click.FloatRange(1.0), default=1.0, show_default=True, help="Timed, of event time.")
@click.option("--warm-up", "warm_up_hours", type=click.FloatRange(1.0), default=4.0, show_default=True,
              help="Hours of event time before, after two weeks of history, in which decisions settle.")  # fmt: skip
@click.option("--vpa-containers", type=Numbers(), default="10000,100000", show_default=True, help="Of the VPA.")
@click.option("--peers/--no-peers", default=True, show_default=True, help="Whether the VPA's core is built and run.")
@click.option("--json", "json_file", type=FILE, help="File for all figures.")
@click.option("--markdown", "markdown_file", type=FILE, help="File for the table.")
def main(
    rows: tuple[int, ...], hours: float, warm_up_hours: float, vpa_containers: tuple[int, ...], peers: bool,
    json_file: Path | None, markdown_file: Path | None,
) -> None:  # fmt: skip
    """Nanoseconds of processor time a row and rows a second, over rows a message, at a scrape of 15 s.

    Auto-pilot is as it is by default, but for decisions at a window's end: there a risk is stated and all is commanded.
    """
    say = click.get_text_stream("stderr")
    click.echo(f"two weeks of history for {DISTINCT} containers", file=say)
    warm_up()
    learned()
    seen()
    result: dict[str, Any] = {"rows": {}}
    for number in rows:
        click.echo(f"{number:,} rows a message", file=say)
        result["rows"][str(number)] = measure(number, hours, warm_up_hours)
    click.echo("peers (the first build of the VPA's core takes minutes)", file=say)
    result["river_ns"] = river()
    result["vpa"] = vpa(vpa_containers) if peers else "skipped: --no-peers"
    result["ratios"] = _ratios(result)
    text = markdown(result)
    if json_file is not None:
        json_file.write_text(json.dumps(result, indent=1) + "\n")
    if markdown_file is not None:
        markdown_file.write_text(text + "\n")
    click.echo(text)


def _ratios(result: dict[str, Any]) -> dict[str, float]:
    """The fold of a sample (CPU and memory) by what the peers take for the same; decisions stand in `sample_all`."""
    largest = result["rows"][max(result["rows"], key=int)]
    ratios = {"fold / river": largest["sample"] / result["river_ns"]}
    ratios["fold, all included / river"] = largest["sample_all_with_rosters"] / result["river_ns"]
    if not isinstance(result["vpa"], str):
        most = max(result["vpa"], key=lambda each: each["containers"])
        ratios["fold / VPA's samples"] = largest["sample"] / most["scrape_ns"]
        each_minute = (most["aggregate_ns"] + most["recommend_ns"]) * 15.0 / 60.0
        all_of_it = most["scrape_under_vpa_ns"] + each_minute
        ratios["fold, all included / VPA's samples and recommendations each minute"] = (
            largest["sample_all_with_rosters"] / all_of_it
        )
    return ratios


if __name__ == "__main__":
    main()
