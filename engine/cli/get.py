"""`trimtab get`: lists of what is in the topics, as kubectl lists objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from engine.cli.completing import cluster_names, namespace_names, noun_names, object_names
from engine.cli.nouns import asked_for
from engine.cli.options import broker_option
from engine.errors import UserError

if TYPE_CHECKING:
    from engine.console.listing import Listing
    from engine.console.rows import Row

any_cluster_option = click.option(
    "--cluster", envvar="TRIMTAB_CLUSTER", show_envvar=True, shell_complete=cluster_names,
    help="Name of a declared cluster; may be left out where there is one.",
)  # fmt: skip
namespace_option = click.option("-n", "--namespace", shell_complete=namespace_names, help="Only of this namespace.")


@click.command()
@click.argument("noun", shell_complete=noun_names)
@click.argument("names", nargs=-1, shell_complete=object_names)
@namespace_option
@click.option("-A", "--all-namespaces", is_flag=True, help="Of all namespaces, which is the default.")
@any_cluster_option
@broker_option
@click.option("-o", "--output", type=click.Choice(["table", "wide", "json", "yaml", "name"]), default="table",
              show_default=True)  # fmt: skip
@click.option("-w", "--watch", "watched", is_flag=True, help="Go on with what is new; Ctrl-C ends it.")
@click.option("--since", metavar="TIME", help="How far back, such as 30m, 6h, 7d.  [default: decisions 24h, outcomes "
              "1h, the last decision of containers 7d]")  # fmt: skip
@click.option("-l", "--selector", default="", metavar="TERMS", help="Such as action=resize_up,status!=none; keys are "
              "action, reason, status, stage, judged, kind, node-type.")  # fmt: skip
@click.option("--sort-by", metavar="COLUMN", help="Ascending. By default containers by name, others as they came.")
@click.option("--no-headers", is_flag=True)
def get(
    noun: str, names: tuple[str, ...], namespace: str | None, all_namespaces: bool, cluster: str | None, broker: str,
    output: str, watched: bool, since: str | None, selector: str, sort_by: str | None, no_headers: bool,
) -> int:  # fmt: skip
    """List decisions, containers, outcomes, policies or freezes.

    NOUN may be singular or short: dec, co, oc, pol, fz. NAMES are namespace/workload/container, the first parts of it,
    or with -n without the namespace; of decisions and outcomes also ids. CPU and MEMORY are requests of one replica,
    500m->620m where another is wanted; SAVING is USD a month over all replicas, STATUS what became of a decision.
    It only reads. Exit code 1: a name that there is not.

    \b
    Examples:
      trimtab get decisions -n shop
      trimtab get containers -o wide --sort-by saving
      trimtab get decisions -l action=resize_up -w
      trimtab get co shop/checkout/app -o yaml
      trimtab get outcomes -l status=refused --since 6h
    """
    from engine.console.listing import SINCE_S, Listing  # noqa: PLC0415  (quick help)
    from engine.console.selecting import Selection, selector_of  # noqa: PLC0415
    from engine.console.source import Source  # noqa: PLC0415
    from engine.console.text import seconds_of  # noqa: PLC0415

    kind, names = asked_for(noun, names)
    selector_of(selector)
    since_s = SINCE_S[kind] if since is None else seconds_of(since)
    if all_namespaces and namespace:
        raise UserError("give either --namespace or --all-namespaces")
    source = Source.open(broker, cluster)
    listing = Listing(source, Selection(source.cluster.name, namespace, names, selector), since_s)
    show = _printer(kind, output, namespace is None, not no_headers)
    return _watch(listing, kind, output, show) if watched else _list(listing, kind, output, show, sort_by)


Show = Callable[["list[Row]"], list[str]]


def _printer(kind: str, output: str, namespaced: bool, headers: bool) -> Show:
    from engine.console.printing import Table, name_of, streamed  # noqa: PLC0415

    if output == "name":
        return lambda rows: [name_of(row) for row in rows]
    if output in ("json", "yaml"):
        return lambda rows: [streamed(row, output) for row in rows]
    return Table(kind, output == "wide", namespaced and kind not in ("policies", "freezes"), headers).lines


def _watch(listing: Listing, kind: str, output: str, show: Show) -> int:
    from engine.console.watching import watch  # noqa: PLC0415

    for rows in watch(listing, kind):
        for line in show(rows) if rows or output in ("table", "wide") else ():
            click.echo(line)
    return 0


def _list(listing: Listing, kind: str, output: str, show: Show, sort_by: str | None) -> int:
    from engine.console.printing import document  # noqa: PLC0415
    from engine.console.selecting import ordered  # noqa: PLC0415

    known = listing.rows(kind)
    selection = listing.selection
    rows = ordered(selection.chosen(known), sort_by)
    missing = selection.missing(known)
    if output in ("json", "yaml"):
        single = len(rows) == 1 and len(selection.names) == 1
        if rows or not missing:
            click.echo(document(rows, output, single))
    elif rows:
        click.echo("\n".join(show(rows)))
    elif not missing:
        where = f" in namespace {selection.namespace}" if selection.namespace else ""
        click.echo(f"no {kind} found{where}", err=True)
    for name in missing:
        click.echo(f"trimtab: {not_found(kind, name, known)}", err=True)
    return 1 if missing else 0


def not_found(kind: str, name: str, known: list[Row]) -> str:
    """With names that are alike."""
    from engine.console.selecting import near  # noqa: PLC0415

    alike = near(name, sorted({row.name for row in known}))
    return f"{kind} {name!r} not found" + (f": did you mean {', '.join(alike)}?" if alike else "")
