"""`trimtab describe`: all that is known of a container."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.cli.completing import noun_names, object_names
from engine.cli.get import any_cluster_option, namespace_option, not_found
from engine.cli.nouns import asked_for
from engine.cli.options import broker_option
from engine.errors import UserError

if TYPE_CHECKING:
    from engine.console.facts import Facts
    from engine.core.policy import Layer


@click.command()
@click.argument("noun", shell_complete=noun_names)
@click.argument("names", nargs=-1, shell_complete=object_names)
@namespace_option
@any_cluster_option
@broker_option
@click.option("-o", "--output", type=click.Choice(["text", "json", "yaml"]), default="text", show_default=True)
@click.option("--since", metavar="TIME", default="24h", show_default=True, help="Decisions and outcomes so far back.")
def describe(
    noun: str, names: tuple[str, ...], namespace: str | None, cluster: str | None, broker: str, output: str, since: str
) -> int:
    """Show a container's size, policy, usage, forecast, last decisions and outcomes.

    NAMES are namespace/workload/container, or the first parts of it for all that it holds; with -n without the
    namespace. Each field of the policy says where it comes from. The forecast is that of the last decision, as it
    was published; usage by hour is that of the whole workload. It only reads. Exit code 1: a name that there is not.

    \b
    Examples:
      trimtab describe container shop/checkout/app
      trimtab describe co checkout/app -n shop -o yaml
    """
    from engine.console.describing import described  # noqa: PLC0415  (quick help)
    from engine.console.facts import gather  # noqa: PLC0415
    from engine.console.listing import Listing  # noqa: PLC0415
    from engine.console.printing import encoded  # noqa: PLC0415
    from engine.console.rows import container_row  # noqa: PLC0415
    from engine.console.selecting import Selection  # noqa: PLC0415
    from engine.console.source import Source  # noqa: PLC0415
    from engine.console.text import seconds_of  # noqa: PLC0415

    kind, names = asked_for(noun, names)
    if kind != "containers" or not names:
        raise UserError("name what to describe, such as: trimtab describe container shop/checkout/app")
    since_s = seconds_of(since)
    source = Source.open(broker, cluster)
    selection = Selection(source.cluster.name, namespace, names)
    rosters = source.rosters()
    known = [container_row(roster, spec, None, 0.0) for roster, spec in rosters.containers()]
    listing = Listing(source, selection, since_s)
    found = [gather(listing, rosters, row.name) for row in selection.chosen(known)]
    if output == "text":
        click.echo("\n\n\n".join(described(facts, _policy(facts)) for facts in found), nl=bool(found))
    elif found:
        documents = [facts.document(_policy(facts)) for facts in found]
        single = len(found) == 1 and len(names) == 1
        click.echo(encoded(documents[0] if single else {"kind": "List", "items": documents}, output))
    missing = selection.missing(known)
    for name in missing:
        click.echo(f"trimtab: {not_found(kind, name, known)}", err=True)
    return 1 if missing else 0


def _policy(facts: Facts) -> list[tuple[str, str, str]]:
    """Each field, its value and where it is from."""
    from engine.cli.policy_explain import field_rows  # noqa: PLC0415
    from engine.console.terms import Terms  # noqa: PLC0415
    from engine.core.policy import Rules, layers  # noqa: PLC0415

    terms, spec = facts.terms or Terms(), facts.spec
    found = list(layers(facts.container, Rules.of(terms.policy), terms.stages, spec.policy))
    return field_rows(
        facts.name,
        found,
        spec.workload_kind,
        lambda layer, _field: _origin(layer, f"{spec.workload_kind} {spec.workload}"),
    )


def _origin(layer: Layer, workload: str) -> str:
    if layer.origin == "defaults":
        return "the policy's defaults"
    if layer.origin == "annotation":
        return f"annotation of {workload}"
    if layer.origin.split(" ")[0] == "control":
        return f"trimtab control autopilot, {layer.origin.removeprefix('control').strip() or 'whole cluster'}"
    return f"the policy's rule {layer.origin}"
