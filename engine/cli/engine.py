"""`trimtab engine`: one worker of the engine."""

from __future__ import annotations

import click

from engine.logs import configure
from engine.settings import settings_options
from engine.shell.settings import EngineSettings


@click.command()
@settings_options(EngineSettings)
def engine(settings: EngineSettings) -> None:
    """Run the engine: events in, decisions and commands out.

    One worker. Several of them, each with its own --data-dir, share the partitions of `events`. It stops on SIGTERM
    or Ctrl-C, after a checkpoint; killed in any other way it goes on from its last one, and loses nothing.

    \b
    Examples:
      trimtab engine
      trimtab engine --broker kafka-1:9092,kafka-2:9092 --http-host 0.0.0.0 --http-port 9101
      trimtab engine --data-dir .trimtab/engine-2 --http-port 9102       a second worker
      TRIMTAB_CHECKPOINT_INTERVAL=1 trimtab engine --log-format json     durable within a second
    """
    from engine.shell.app import run  # noqa: PLC0415  (Faust takes a second to import: not for --help)

    configure(settings, "engine")
    run(settings)
