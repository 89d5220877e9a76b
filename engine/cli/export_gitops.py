"""`trimtab export gitops`: what is wanted as files for a repository, instead of writes to a cluster."""

from __future__ import annotations

from pathlib import Path

import click

BROKER = "127.0.0.1:9092"


@click.command()
@click.option("--broker", envvar="TRIMTAB_BROKER", default=BROKER, show_default=True, help="Kafka of the engine.")
@click.option("--cluster", envvar="TRIMTAB_CLUSTER", required=True, show_envvar=True, help="A declared cluster.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder of the overlays.")
@click.option("--base", default="../../base", show_default=True, help="What is patched, seen from an overlay's folder.")
@click.option("--namespace", "namespaces", multiple=True, help="Only this one; may be given several times.")
@click.option("--diff", "show", is_flag=True, help="Print the difference to the files that were there.")
def gitops(broker: str, cluster: str, out: Path, base: str, namespaces: tuple[str, ...], show: bool) -> None:
    """Write the sizes that the engine wants as kustomize overlays, one a namespace, with a patch for each workload.

    Reads the cluster's rosters and the engine's decisions, recommended ones too, and writes nothing to the cluster.
    Beside the overlays is pull-request.md, with a table of the changes and why of each. An export overwrites the
    files of the export before, which say so in their first line, and no others. Sizes of a DaemonSet by type of node
    are left out, and said so: its template is one for all. Sidecars that are init containers are to be left out by
    policy: a roster does not tell them apart.

    \b
    Examples:
      trimtab export gitops --cluster shop --out overlays
      trimtab export gitops --cluster shop --out overlays --namespace cart --base ../../../apps/cart --diff
      trimtab export gitops --cluster shop --out overlays && git add overlays && git commit -F overlays/pull-request.md
    """
    from engine.gitops.export import export, wanted_of  # noqa: PLC0415  (what reads Kafka is not for --help)

    exported = export(wanted_of(broker, cluster), out, base, namespaces)
    if show:
        click.echo(exported.difference, nl=False)
        return
    changes, left_out = exported.changes
    workloads = {change[:3] for change in changes}
    click.echo(f"{out}: {len(changes)} containers of {len(workloads)} workloads, {len(left_out)} left out")
    for line in left_out:
        click.echo(f"left out: {line}")
