"""`trimtab accuracy`: how often decisions were right, and what was saved of what they promised."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.cli.options import broker_option, cluster_option

if TYPE_CHECKING:
    from engine.accuracy.totals import Level


@click.command()
@cluster_option
@broker_option
@click.option("--by", "level", type=click.Choice(["workload", "namespace"]), default="workload", show_default=True,
              help="What a line is.")  # fmt: skip
@click.option("--days", type=click.FloatRange(min=0.0, min_open=True), help="Only so many days before the last hour.")
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def accuracy(cluster: str, broker: str, level: Level, days: float | None, output: str) -> None:
    """Show how often decisions were right, and what they saved of what they promised.

    Adds up the hours that the engine tells in the topic `aggregates`. A change of size is judged four hours later, or
    at the next change of that container: it was right if it cost less than staying, shortage priced in, and nothing
    was throttled or OOM-killed. Realised is what the hours really cost less than at the requests from before
    auto-pilot, promised what the changes applied had said; both in USD over the hours shown.

    \b
    Examples:
      trimtab accuracy --cluster shop
      trimtab accuracy --cluster shop --by namespace --days 7 -o json
    """
    import msgspec  # noqa: PLC0415  (quick help)
    from rich.console import Console  # noqa: PLC0415

    from engine.accuracy.reader import read_aggregates  # noqa: PLC0415
    from engine.accuracy.table import table_of  # noqa: PLC0415
    from engine.accuracy.totals import accuracy_of  # noqa: PLC0415
    from engine.broker.clusters import require_cluster  # noqa: PLC0415

    require_cluster(broker, cluster)
    found = accuracy_of(cluster, read_aggregates(broker, cluster), level, days)
    if output == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    elif not found.rows:
        click.echo(f"no hour of {cluster} was told yet: the engine tells one some minutes after its end")
    else:
        Console().print(table_of(found))
