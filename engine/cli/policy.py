"""`trimtab policy`: the user's terms, checked, explained, and applied."""

from __future__ import annotations

import json
from pathlib import Path

import click

from engine.cli.options import author_option, author_or_user, broker_option, sent_at_option
from engine.cli.policy_files import counted, read_file, read_workloads, summary_of
from engine.errors import UserError
from engine.policy import PolicyFile, policy_schema

_file = click.argument("file", type=click.Path(path_type=Path))
_annotations = click.option(
    "--annotations",
    "manifest",
    metavar="MANIFEST",
    type=click.Path(path_type=Path),
    help="A Kubernetes manifest (YAML, one or more documents) whose workloads have annotations trimtab.io/….",
)


@click.group()
def policy() -> None:
    """Stages, windows, restarts, bounds, risk: what may be done to whom, as YAML or as annotations.

    `trimtab policy example` prints a file with every kind of term.
    """


@policy.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@_annotations
def check(file: Path | None, manifest: Path | None) -> None:
    """Check a policy file, or annotations, without a broker. Every problem has its line; exit code 2 if there are any.

    \b
    Examples:
      trimtab policy check policy.yaml
      trimtab policy check --annotations deployment.yaml
    """
    if file is None and manifest is None:
        raise UserError("name a policy file, or a manifest with --annotations")
    if file is not None:
        click.echo(f"{file}: {summary_of(read_file(file)[0])}")
    if manifest is not None:
        workloads = read_workloads(manifest)
        click.echo(f"{manifest}: {counted(len(workloads), 'workload')} with annotations, no problems")


@policy.command()
@_file
@click.option("--container", required=True, help="namespace/workload/container.")
@_annotations
def explain(file: Path, container: str, manifest: Path | None) -> None:
    """Which value holds for each field of a container's policy, and which rule and line it is from.

    Stages that `trimtab control autopilot` has set are not in the file, and win over it at the same scope.

    \b
    Examples:
      trimtab policy explain policy.yaml --container web/cart/app
      trimtab policy explain policy.yaml --container web/cart/app --annotations deployment.yaml
    """
    from engine.cli.policy_explain import Source, explained  # noqa: PLC0415  (the core is slow to import)

    source = Source(file, *read_file(file))
    click.echo(explained(source, container, read_workloads(manifest) if manifest else (), manifest))


@policy.command()
def schema() -> None:
    """Print the JSON Schema of a policy file, for editors.

    \b
    Example:
      trimtab policy schema > policy.schema.json
    """
    click.echo(json.dumps(policy_schema(), indent=2))


@policy.command()
def example() -> None:
    """Print an example of a policy file.

    \b
    Example:
      trimtab policy example > policy.yaml
    """
    click.echo((Path(__file__).parents[1] / "policy" / "example.yaml").read_text(encoding="utf-8"), nl=False)


@policy.command()
@_file
@click.option("--cluster", envvar="TRIMTAB_CLUSTER", show_envvar=True, help="By default the one that the file names.")
@broker_option
@author_option
@sent_at_option
def apply(file: Path, cluster: str | None, broker: str, author: str | None, sent_at: float | None) -> None:
    """Make a policy file hold in its cluster. It replaces the whole policy that was applied before.

    Stages set by `trimtab control autopilot` stay, and win over the file at the same scope. Budgets are not sent.

    \b
    Example:
      trimtab policy apply policy.yaml --cluster shop
    """
    from engine.broker.clusters import require_cluster  # noqa: PLC0415  (the other commands need no Kafka)
    from engine.broker.controls import send_control  # noqa: PLC0415

    found, _ = read_file(file)
    name = _cluster_of(found, cluster, file)
    slots = send_control(broker, require_cluster(broker, name), found.as_control(), author_or_user(author), sent_at)
    click.echo(f"{summary_of(found)}; written into {counted(len(slots), 'slot')} of {name}")


def _cluster_of(file: PolicyFile, cluster: str | None, path: Path) -> str:
    if cluster is None and file.cluster is None:
        raise UserError(f"{path} names no cluster: name one with --cluster")
    if cluster is not None and file.cluster not in (None, cluster):
        raise UserError(f"{path} is for cluster {file.cluster}, not for {cluster}")
    return cluster or file.cluster or ""
