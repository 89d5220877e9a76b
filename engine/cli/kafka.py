"""`trimtab kafka start`: a development broker in the foreground."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from types import FrameType

import click

from engine.broker.development import DevelopmentBroker


@click.group()
def kafka() -> None:
    """Run a development broker (real Apache Kafka, no Docker)."""


@kafka.command()
@click.option("--port", default=9092, show_default=True, help="Port on 127.0.0.1; 0 takes a free one.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Folder of its data, new or old.")
@click.option("--keep", is_flag=True, help="Keep the data of a temporary folder when it stops.")
def start(port: int, data: Path | None, keep: bool) -> None:
    """Fetch Apache Kafka if need be, start it, and run until Ctrl-C.

    \b
    Examples:
      trimtab kafka start                      on port 9092, data go when it stops
      trimtab kafka start --data ./kafka       data stay in ./kafka
      trimtab kafka start --port 0             on a free port, which it says
    """
    for number in (signal.SIGTERM, signal.SIGINT):  # a shell's background jobs start with the latter ignored
        signal.signal(number, _as_interrupt)
    broker = DevelopmentBroker(data, port, progress=lambda text: click.echo(text, err=True))
    try:
        broker.start()
        click.echo(f"ready at {broker.bootstrap}, data in {broker.data}, Ctrl-C stops it", err=True)
        status = broker.wait()
        raise click.ClickException(f"the broker ended by itself with status {status}, see {broker.log}")
    except KeyboardInterrupt:
        click.echo("stopping", err=True)
    finally:
        broker.stop()
        if data is None and not keep:
            shutil.rmtree(broker.data, ignore_errors=True)


def _as_interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
