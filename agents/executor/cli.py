"""`trimtab execute`."""

from __future__ import annotations

import asyncio

import click

from agents.executor.service import run
from agents.executor.settings import ExecutorSettings
from engine.logs import configure
from engine.settings import settings_options


@click.command(context_settings={"max_content_width": 110})
@settings_options(ExecutorSettings)
def execute(settings: ExecutorSettings) -> None:
    """Run an executor: apply a cluster's commands, report what came of them.

    It refuses what has expired, lies out of bounds, was decided for another size, or is frozen. What was applied is
    remembered on disk, so that after any crash nothing is done twice and every command has its outcome.

    \b
    Examples:
      trimtab execute --cluster shop --simulated shop.sqlite
      trimtab execute --cluster shop --simulated shop.sqlite --clock replay --http-port 9102
      trimtab execute --cluster shop --target kubernetes --lease-namespace trimtab
      trimtab execute --cluster shop --target kubernetes --kubeconfig ~/.kube/config --restart-by never
      TRIMTAB_BROKER=kafka:9092 trimtab execute --cluster shop --simulated shop.sqlite --ledger /var/lib/shop.sqlite
    """
    configure(settings, "executor")
    asyncio.run(run(settings))
