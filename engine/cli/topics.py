"""`trimtab topics`: compare and reconcile a broker with topics.yaml."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from engine.broker import admin
from engine.broker.reconcile import Difference
from engine.cli.options import broker_option
from engine.topics import Topic, load_topics

_file = click.option(
    "--file", type=click.Path(path_type=Path, dir_okay=False), help="Another topics.yaml than trimtab's own."
)


@click.group()
def topics() -> None:
    """Compare and reconcile a broker with topics.yaml."""


@topics.command("diff")
@broker_option
@_file
def diff_command(broker: str, file: Path | None) -> int:
    """Show what a broker lacks or has otherwise. Exit code 1 when there is something.

    \b
    Example:
      trimtab topics diff --broker kafka:9092
    """
    declared = load_topics(file)
    found = admin.diff(admin.connect(broker), declared)
    if not found:
        click.echo(f"{broker} has all topics as declared")
        return 0
    Console().print(_table(f"{broker} against topics.yaml", found))
    return 1


@topics.command("apply")
@broker_option
@_file
@click.option("--replication-factor", type=click.IntRange(min=1), help="Of new topics; default: brokers, at most 3.")
def apply_command(broker: str, file: Path | None, replication_factor: int | None) -> int:
    """Make a broker as declared; never delete or shrink. Exit code 1 when something had to be left.

    \b
    Example:
      trimtab topics apply --broker kafka:9092 --replication-factor 3
    """
    declared = load_topics(file)
    result = admin.apply(admin.connect(broker), declared, replication_factor)
    if result.done:
        Console().print(_table(f"done on {broker}", result.done))
    if result.left:
        Console().print(_table("left as it is: a person has to decide", result.left))
        return 1
    if not result.done:
        click.echo(f"{broker} has all topics as declared")
    return 0


@topics.command("docs")
@_file
def docs_command(file: Path | None) -> None:
    """Print a Markdown table of the topics, in the order in which data flows.

    \b
    Example:
      trimtab topics docs > topics.md
    """
    click.echo("| topic | key | partitions | kept | largest message | schema | producer | consumer |")
    click.echo("|---|---|---|---|---|---|---|---|")
    for topic in load_topics(file).by_label.values():
        click.echo(f"| {' | '.join(_cells(topic))} |")


def _cells(topic: Topic) -> list[str]:
    kept = "newest of each key" if topic.cleanup == "compact" else topic.retention or "the broker's default"
    largest = topic.max_message or "the broker's default"
    return [
        f"`{topic.name}`", topic.key, str(topic.partitions), kept, largest,
        f"`{topic.schema}`", topic.producer, topic.consumer,
    ]  # fmt: skip


def _table(title: str, found: list[Difference]) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in ("topic", "what", "declared", "found", "remedy"):
        table.add_column(heading, overflow="fold")
    for difference in found:
        remedy = f"{difference.remedy}: {difference.why}" if difference.why else difference.remedy
        table.add_row(difference.topic, difference.what, difference.wanted, difference.found or "-", remedy)
    return table
