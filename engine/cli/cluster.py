"""`trimtab cluster`: declare clusters and list them."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table

from engine.broker.clusters import Clock, declare_cluster, read_clusters
from engine.cli.options import author_option, author_or_user, broker_option, sent_at_option


@click.group()
def cluster() -> None:
    """Declare clusters and list them."""


@cluster.command()
@click.argument("name")
@click.option("--containers", type=int, required=True, help="How many it will hold, about: fixes its slots for good.")
@click.option("--clock", type=click.Choice(["wall", "replay"]), default="wall", show_default=True,
              help="Whose time its messages carry: life's, or a replay's.")  # fmt: skip
@broker_option
@author_option
@sent_at_option
@click.option("--replication-factor", type=click.IntRange(min=1), help="Of its topic; default: brokers, at most 3.")
def add(
    name: str, containers: int, clock: Clock, broker: str, author: str | None, sent_at: float | None,
    replication_factor: int | None,
) -> None:  # fmt: skip
    """Declare a cluster; doing it again changes nothing.

    \b
    Examples:
      trimtab cluster add shop --containers 300
      trimtab cluster add replayed --containers 40 --clock replay
    """
    declared = declare_cluster(
        broker, name, containers, clock, sent_at, replication_factor, author_or_user(author)
    )  # fmt: skip
    slots = f"{declared.slots} slot{'s' if declared.slots > 1 else ''}"
    click.echo(f"cluster {name} is declared with {slots}, clock {declared.clock}")


@cluster.command("list")
@broker_option
def list_command(broker: str) -> None:
    """List the declared clusters.

    \b
    Example:
      trimtab cluster list --broker kafka:9092
    """
    found = read_clusters(broker)
    if not found:
        click.echo("no cluster is declared: `trimtab cluster add NAME --containers N` declares one")
        return
    table = Table("cluster", "slots", "clock", "declared")
    for declared in found.values():
        when = datetime.fromtimestamp(declared.declared_s, UTC).isoformat(" ", "seconds")
        table.add_row(declared.name, str(declared.slots), declared.clock, when)
    Console().print(table)
