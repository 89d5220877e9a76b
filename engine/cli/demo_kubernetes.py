"""`trimtab demo-kubernetes`: requests of real pod objects change in place, with a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.demo import told
from engine.demo.kubernetes.settings import KubernetesDemoSettings
from engine.settings import settings_options

if TYPE_CHECKING:
    from engine.demo.kubernetes.summary import KubernetesSummary


@click.command()
@settings_options(KubernetesDemoSettings)
def demo_kubernetes(settings: KubernetesDemoSettings) -> int:
    """Run everything once on a real Kubernetes API server and write a report.

    Builds Kubernetes with Go, once, when the cache has none (about 6 minutes). Then starts it with nodes that nobody
    stands behind (kwok), Kafka, engine, collector and executor, the latter two with accounts of their own; gives the
    engine days of a real trace as the past; lets the usage of 20 pods follow the trace, with surges; and shows their
    requests change in place. Ends by itself in under 5 minutes, or at once on Ctrl-C.

    Exit code 0: pods were changed in place, none was restarted or replaced, and every command has its outcome.

    \b
    Examples:
      trimtab demo-kubernetes
      trimtab demo-kubernetes --minutes 10 --out /tmp/demo
    """
    from rich.console import Console  # noqa: PLC0415  (numpy, Kafka's clients and plotly are not for --help)

    from engine.demo.kubernetes.run import run  # noqa: PLC0415

    console = Console(soft_wrap=True)
    return told(console, lambda: run(settings, console), lambda summary: _closing(summary, settings.out))


def _closing(summary: KubernetesSummary, out: Path) -> str:
    return (
        f"{summary.changes} changes of {summary.pods_changed_in_place} pods in place; {summary.applied} of "
        f"{summary.commands} commands applied; ${summary.usd_before:,.0f} → ${summary.usd_after:,.0f} a month; "
        f"report: {out / 'report.html'}"
    )
