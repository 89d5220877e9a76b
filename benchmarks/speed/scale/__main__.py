"""`python -m benchmarks.speed.scale`: a whole fleet on real Kafka, on this machine."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from benchmarks.speed.scale import report
from benchmarks.speed.scale.bulk import bulk
from benchmarks.speed.scale.catch_up import catch_up
from benchmarks.speed.scale.growth import growth
from benchmarks.speed.scale.recovery import recovery
from benchmarks.speed.scale.scale import scale
from benchmarks.speed.scale.stack import StackError
from benchmarks.speed.scale.warm import Warm
from benchmarks.speed.scale.workers import workers
from engine.units import DAY_S

PARTS: Final = ("scale", "catch-up", "recovery", "bulk", "workers", "growth")
WARM_S: Final = 8.0 * DAY_S


def say(text: str) -> None:
    click.echo(f"{time.strftime('%H:%M:%S')} {text}", err=True)


class Bench:
    """Parts of the benchmark; state that has run for eight days is made once and kept up to the clock."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "warm.pickle"
        self._warm: Warm | None = None

    def warm(self) -> tuple[Warm, Path]:
        if self._warm is None:
            say("eight days of event time are folded, for state to begin with")
            self._warm = Warm(time.time() - WARM_S)
        self._warm.until(time.time())
        self._warm.write(self._file)
        return self._warm, self._file


@click.command()
@click.option("--only", "chosen", multiple=True, type=click.Choice(PARTS), help="Parts to run; all by default.")
@click.option("--containers", default="10000,50000,250000,1000000", show_default=True, help="Fleets of the part scale.")
@click.option("--seconds", default=600.0, show_default=True, help="Of load, for each fleet.")
@click.option("--others", default=250_000, show_default=True, help="Containers of catch-up, recovery and bulk.")
@click.option("--millions", default=144.0, show_default=True, help="Samples of the part bulk.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="All figures, with what they are made of.")
@click.option("--markdown", type=click.Path(path_type=Path), help="The tables.")
@click.option("--picture", type=click.Path(path_type=Path), help="PNG: latency, cost and lag.")
def main(
    chosen: tuple[str, ...], containers: str, seconds: float, others: int, millions: float, json_file: Path | None,
    markdown: Path | None, picture: Path | None,
) -> None:
    """Starts Kafka, engine and a synthetic fleet on this machine and measures them. Takes over an hour."""
    result: dict[str, Any] = {}
    missing: list[str] = []
    with tempfile.TemporaryDirectory(prefix="trimtab-bench-") as folder:
        bench = Bench(Path(folder))
        fleets = [int(text) for text in containers.split(",")]
        parts: dict[str, Callable[[], Any]] = {
            "growth": lambda: growth(say),
            "scale": lambda: [scale(*bench.warm(), fleet, seconds, say) for fleet in fleets],
            "catch-up": lambda: catch_up(*bench.warm(), others, 1800.0, say),
            "recovery": lambda: [
                recovery(*bench.warm(), others, say),
                recovery(*bench.warm(), others, say, second=True),
                recovery(*bench.warm(), max(fleets), say),
            ],
            "bulk": lambda: bulk(bench.warm()[0], others, millions, say),
            "workers": lambda: workers(*bench.warm(), 50_000, say),
        }
        for part, run in parts.items():
            if part in (chosen or PARTS):
                say(part)
                try:
                    result[part.replace("-", "_")] = run()
                except StackError as error:
                    missing.append(f"{part} ({error})")
                    say(f"not measured: {error}")
                _write(result, json_file, markdown, picture)
    click.echo(_tables(result))
    if missing:
        raise click.ClickException(f"Not measured: {'; '.join(missing)}.")


def _tables(result: dict[str, Any]) -> str:
    return (report.scales(result["scale"]) + "\n" if "scale" in result else "") + report.others(result)


def _write(result: dict[str, Any], json_file: Path | None, markdown: Path | None, picture: Path | None) -> None:
    """After each part, so that what was measured is not lost with the next."""
    if json_file is not None:
        json_file.write_text(json.dumps(result))
    if markdown is not None:
        markdown.write_text(_tables(result))
    if picture is not None and "scale" in result:
        from benchmarks.speed.scale.plots import picture as draw  # noqa: PLC0415  (matplotlib is an extra)

        draw(result["scale"], picture)


if __name__ == "__main__":
    main()
