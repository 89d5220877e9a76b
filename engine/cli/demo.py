"""`trimtab demo`: everything once, on a real trace, with a report."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

import click

from engine.demo.settings import DemoSettings
from engine.errors import TrimtabError, UserError
from engine.settings import settings_options

if TYPE_CHECKING:
    from rich.console import Console


@click.command()
@settings_options(DemoSettings)
def demo(settings: DemoSettings) -> int:
    """Run everything once on a real trace and write a report.

    Starts Kafka (or uses the one given), the engine, a collector that replays the trace, and an executor, each a
    process of its own; turns auto-pilot on for half of the containers on the way; ends by itself in under 5 minutes,
    or at once on Ctrl-C, and leaves no process behind. Writes summary.json, decisions.jsonl, report.html and the logs.

    Exit code 0: all samples are accounted for, and the decisions are those of an offline fold over the recorded log.

    \b
    Examples:
      trimtab demo                                       the traces that trimtab[demo] brings, 300 derived containers
      trimtab demo --trace vms.csv.gz                    each series of a file as a container
      trimtab demo --trace vms.csv.gz --containers 500   500 derived from its series by scale and phase
      trimtab demo --broker kafka:9092 --out /tmp/demo   a Kafka that is there; nothing on it is deleted
    """
    from rich.console import Console  # noqa: PLC0415  (numpy, Kafka's clients and plotly are not for --help)

    from engine.demo.run import run  # noqa: PLC0415
    from engine.demo.sections import closing  # noqa: PLC0415

    console = Console(soft_wrap=True)
    return told(console, lambda: run(settings, console), lambda summary: closing(summary, settings.out))


class Ended(Protocol):
    """What is known of a demo at its end."""

    def problems(self) -> list[str]: ...


S = TypeVar("S", bound=Ended)


def told(console: Console, run: Callable[[], S], closing: Callable[[S], str]) -> int:
    """Runs a demo, says how it ended and what is wrong. Returns the exit code. Raises UserError."""
    try:
        summary = run()
    except UserError:
        raise
    except TrimtabError as error:
        click.echo(f"trimtab: {error}", err=True)
        return 1
    console.print(closing(summary), highlight=False)
    for problem in summary.problems():
        click.echo(f"trimtab: {problem}", err=True)
    sys.stdout.flush()
    return 1 if summary.problems() else 0
