"""`trimtab budget`: what is requested, used and wasted, and what would be saved."""

from __future__ import annotations

from pathlib import Path

import click

from engine.errors import UserError

FILE = click.Path(path_type=Path)
POSITIVE = click.FloatRange(min=0.0, min_open=True)


@click.group(invoke_without_command=True)
@click.option("--from", "source", type=FILE, help="Trace: CSV (or .gz), series_id,timestamp_s,cpu,mem.")
@click.option("--sheet", type=FILE, help="CSV of requests and limits by series_id, as Kubernetes writes them.")
@click.option("--broker", metavar="HOST:PORT", help="Live instead of a trace: Kafka that the engine reads.")
@click.option("--cluster", envvar="TRIMTAB_CLUSTER", show_envvar=True, help="With --broker: a declared cluster.")
@click.option("--last", default="24h", show_default=True, help="With --broker: of how long back, up to 7d.")
@click.option("--budgets", "budget_file", type=FILE, help="Policy file with a list `budgets` of namespaces.")
@click.option("--csv", "csv_path", type=FILE, help="Write all lines here.")
@click.option("--page", "page_path", type=FILE, help="Write a page here, one file that needs no network.")
@click.option("--instance-type", default="m5.large", show_default=True, help="Whose cores and GiB are paid for.")
@click.option("--cpu-cores-per-unit", type=POSITIVE, help="What 1 in the trace's cpu is, in cores.  [default: 1]")
@click.option("--memory-gib-per-unit", type=POSITIVE, help="What 1 in its mem is, in GiB.  [default: a byte]")
@click.option("--by", "level", type=click.Choice(["container", "namespace", "workload"]), default="container",
              show_default=True, help="What a line of the table, the CSV and the page is.")  # fmt: skip
@click.pass_context
def budget(
    context: click.Context, source: Path | None, sheet: Path | None, broker: str | None, cluster: str | None, last: str,
    budget_file: Path | None, csv_path: Path | None, page_path: Path | None, instance_type: str,
    cpu_cores_per_unit: float | None, memory_gib_per_unit: float | None, level: str,
) -> None:  # fmt: skip
    """Show what is requested, used and wasted, what is not set, and what would be saved.

    From a trace: the engine's own forecast is fed with it to its end, as live; its requests then are held against the
    sheet's. A series is one container of one pod. Its names are the parts of namespace/workload/container; an id of
    another form is in the namespace "default". The sheet has the columns

    \b
      series_id,cpu_request,cpu_limit,memory_request,memory_limit    such as 500m, 2Gi; empty or 0: not set
      namespace,workload                                             optional, instead of those of the id
      replicas                                                       optional: money is of all, usage of the largest
      node,node_type,node_cpu,node_memory                            optional: finds nodes that are too full

    From a broker: sizes are those of the collector's last rosters, usage is what it has published, and what the engine
    would request is its last decision. Nothing is written.

    With --budgets, namespaces are held against their caps, with a trend and a forecast:

    \b
      version: 1
      budgets:
      - {namespace: shop, owner: anna, cpu: 40, memory: 160Gi, monthly_usd: 2500}      one cap or more

    \b
    Examples:
      trimtab budget --from usage.csv.gz --sheet requests.csv
      trimtab budget --from usage.csv.gz --sheet requests.csv --by namespace --csv budget.csv --page budget.html
      trimtab budget --from shares.csv --cpu-cores-per-unit 2 --memory-gib-per-unit 8 --instance-type r5.xlarge
      trimtab budget --broker kafka:9092 --cluster shop --last 7d --budgets policy.yaml --page budget.html
    """
    if context.invoked_subcommand is not None:
        return
    from rich.console import Console  # noqa: PLC0415  (numpy is not for --help)

    from engine.budget.command import Wishes, run_command  # noqa: PLC0415

    if (source is None) == (broker is None):
        raise UserError("give either --from, a trace, or --broker with --cluster")
    if broker is not None and cluster is None:
        raise UserError("--broker needs --cluster: `trimtab cluster list` says which there are")
    if broker is not None and sheet is not None:
        raise UserError("--sheet goes with --from: live, the collector says what is requested")
    wishes = Wishes(
        source, sheet, broker, cluster, _seconds(last), csv_path, page_path, instance_type, cpu_cores_per_unit,
        memory_gib_per_unit, level, budget_file,
    )  # fmt: skip
    run_command(wishes, Console(), Console(stderr=True))


@budget.command()
@click.option("--budgets", "budget_file", type=FILE, required=True, help="Policy file with a list `budgets`.")
@click.option("--ahead", type=click.IntRange(1, 30), default=7, show_default=True, help="Days to warn before.")
@click.option("--cluster", help="Of this cluster alone; by default a cap holds in each.")
def rules(budget_file: Path, ahead: int, cluster: str | None) -> None:
    """Print Prometheus rules that alert when a namespace exceeds its budget, and before it will.

    They go over what the engine exports of each namespace's requests; the owner is a label, to route by.

    \b
    Example:
      trimtab budget rules --budgets policy.yaml > namespace-budgets.yaml && promtool check rules namespace-budgets.yaml
    """
    from engine.budget.rules import rule_file  # noqa: PLC0415
    from engine.policy import read_budgets  # noqa: PLC0415

    click.echo(rule_file(read_budgets(budget_file), ahead, cluster), nl=False)


def _seconds(last: str) -> float:
    """Raises UserError."""
    number, unit = last[:-1], {"h": 3600.0, "d": 86_400.0}.get(last[-1:])
    if unit is None or not number.isascii() or not number.isdigit() or not 0 < int(number) * unit <= 7 * 86_400:
        raise UserError(f"--last: expected a time up to 7 days, such as 6h or 7d, got {last!r}")
    return int(number) * unit
