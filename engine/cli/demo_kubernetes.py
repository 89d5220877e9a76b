"""`trimtab demo-kubernetes`: requests of real pod objects change in place, with a report."""

from __future__ import annotations

import click

from engine.demo.kubernetes.settings import KubernetesDemoSettings
from engine.errors import TrimtabError, UserError
from engine.settings import settings_options


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
    try:
        summary = run(settings, console)
    except UserError:
        raise
    except TrimtabError as error:
        click.echo(f"trimtab: {error}", err=True)
        return 1
    console.print(
        f"{summary.changes} changes of {summary.pods_changed_in_place} pods in place; {summary.applied} of "
        f"{summary.commands} commands applied; ${summary.usd_before:,.0f} → ${summary.usd_after:,.0f} a month; "
        f"report: {settings.out / 'report.html'}",
        highlight=False,
    )
    for problem in summary.problems():
        click.echo(f"trimtab: {problem}", err=True)
    return 1 if summary.problems() else 0
