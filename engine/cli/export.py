"""`trimtab export`: files for people and other programs."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agents.collector.sources.prometheus.access import PrometheusAccess
from engine.cli.export_gitops import gitops
from engine.errors import UserError
from engine.settings import settings_options

if TYPE_CHECKING:
    from agents.collector.sources.prometheus.export import Exported

FILE = click.Path(path_type=Path)


@click.group()
def export() -> None:
    """Write files for people and other programs."""


export.add_command(gitops)


@export.command()
@settings_options(PrometheusAccess)
@click.option("--out", type=FILE, required=True, help="The trace: CSV (or .gz), series_id,timestamp_s,cpu,mem.")
@click.option("--sheet", type=FILE, help="Write requests and limits here, for `trimtab budget --sheet`.")
@click.option("--days", type=click.FloatRange(0.01, 400.0), default=14.0, show_default=True, help="Of how long back.")
@click.option("--until", type=float, help="Unix seconds at which the days end.  [default: now]")
@click.option("--namespace", help="This one alone.")
def prometheus(
    settings: PrometheusAccess, out: Path, sheet: Path | None, days: float, until: float | None, namespace: str | None
) -> None:
    """Export a cluster's usage from Prometheus as a trace, with its sizes as a sheet.

    Reads cAdvisor (container_cpu_usage_seconds_total, container_memory_working_set_bytes) and kube-state-metrics
    (owners, requests, limits, nodes), and writes what backtest, simulate and budget read. Series are called
    namespace/workload/container; replicas are folded to the largest of each time, for a request must fit the one that
    needs most. Pods that have gone count for the workload that they were of.

    CPU is the mean over a step, memory the peak within it; a row's time is the last second of its step. A step of 5m is
    the engine's bucket; --step 60s reads five times as much, and shows more of CPU's peaks.

    \b
    Examples:
      trimtab export prometheus --url http://localhost:9090 --out usage.csv.gz --sheet requests.csv
      trimtab export prometheus --url https://mimir/prometheus --headers 'X-Scope-OrgID: shop' --out usage.csv.gz
      trimtab export prometheus --url https://thanos --selector 'cluster="prod"' --days 7 --out usage.csv.gz
    """
    from agents.collector.sources.prometheus.api import QueryError  # noqa: PLC0415  (numpy is not for --help)
    from agents.collector.sources.prometheus.export import export as run  # noqa: PLC0415
    from agents.collector.sources.prometheus.usage import grid  # noqa: PLC0415

    span = grid(days, time.time() if until is None else until, settings.step)
    with _Progress() as say:
        try:
            exported = asyncio.run(run(settings, span, out, sheet, namespace, say))
        except QueryError as error:
            raise UserError(f"{error}; nothing was written.") from error
    for line in _summary(exported, out, sheet):
        click.echo(line)


class _Progress:
    """A line that says what is being done; where there is no terminal, nothing."""

    def __enter__(self) -> _Progress:
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import Progress  # noqa: PLC0415

        console = Console(stderr=True)
        self._progress = Progress(console=console, transient=True, disable=not console.is_terminal)
        self._progress.start()
        self._task = self._progress.add_task("", total=None)
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, what: str, done: int, total: int) -> None:
        self._progress.update(self._task, description=what, completed=done, total=total)


def _summary(exported: Exported, out: Path, sheet: Path | None) -> list[str]:
    lines = [
        f"{out}: {exported.containers} containers of {len(exported.workloads)} workloads in {exported.namespaces}"
        f" namespaces, {exported.samples} rows, up to {exported.days:.1f} days long"
    ]
    if sheet is not None:
        lines.append(f"{sheet}: requests and limits of {exported.sized} containers")
    if exported.guessed:
        lines.append(
            f"note: {exported.guessed} pods have no kube_pod_owner: their workloads are guessed by their names"
            " (is kube-state-metrics scraped?)"
        )
    source = f"--from {out}" + (f" --sheet {sheet}" if sheet else "")
    return [*lines, "next:", f"  trimtab simulate --trace {out} --risk 0.5%", f"  trimtab budget {source}"]
