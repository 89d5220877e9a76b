"""`trimtab simulate`: the engine over a recorded trace, and how well the requests would have fitted."""

from __future__ import annotations

import sys
from pathlib import Path

import click

TRACE = click.Path(path_type=Path)


def _share(text: str, option: str) -> float:
    """As in a policy, but no more than half. Raises UserError."""
    from engine.errors import UserError  # noqa: PLC0415
    from engine.policy.forms import share  # noqa: PLC0415

    try:
        stated = share(text)
    except ValueError:
        stated = 1.0
    if stated > 0.5:
        raise UserError(f"{option}: expected a share of samples such as 0.5% or 0.005, at most 50%, got {text!r}.")
    return stated


@click.command()
@click.option("--trace", type=TRACE, required=True, help="CSV (or .gz) with series_id,timestamp_s,cpu,mem.")
@click.option("--targets", type=TRACE, help="Write the requests here, as CSV (or .gz): a row per change.")
@click.option("--json", "json_path", type=TRACE, help="Write scores by series and over all of them here.")
@click.option("--risk", default="0.5%", show_default=True, help="Share of samples that may be above the CPU request,")
@click.option("--memory-risk", default="0.05%", show_default=True, help="and above the memory request.")
@click.option(
    "--cadence", default="5m", show_default=True, help="How soon a size may be changed again: 5m, 30m, or longer."
)
@click.option("--score-last", default="3d", show_default=True, help="Scored is this last part of each series.")
@click.option(
    "--compare",
    multiple=True,
    type=click.Choice(["vpa", "krr", "hindsight"]),
    help="Beside: the VPA's targets that lie beside the trace, KRR's rule, one size known in hindsight.",
)
@click.option("--plots", type=TRACE, help="Write a page for each series, and an index, into this directory.")
def simulate(
    trace: Path,
    targets: Path | None,
    json_path: Path | None,
    risk: str,
    memory_risk: str,
    cadence: str,
    score_last: str,
    compare: tuple[str, ...],
    plots: Path | None,
) -> None:
    """Replay a trace through the engine's own core, and score the requests that it would have set.

    Every series is a container whose changes are made in place and succeed. Each series is scaled so that its 99.9th
    percentile is 3 cores and 8 GiB, that absolute floors do not decide; targets are scaled back. A change holds from
    one second after the sample that it rests on.

    \b
    Examples:
      trimtab simulate --trace vms.csv.gz --targets targets.csv.gz --json scores.json
      trimtab simulate --trace vms.csv.gz --risk 2% --compare vpa --compare krr --plots plots
    """
    from rich.console import Console  # noqa: PLC0415  (numpy and plotly are not for --help)

    from engine.backtest.plan import buckets_of  # noqa: PLC0415
    from engine.simulate.command import Wishes, run_command  # noqa: PLC0415
    from engine.units import BUCKET_S  # noqa: PLC0415

    wishes = Wishes(
        trace=trace,
        risk=(_share(risk, "--risk"), _share(memory_risk, "--memory-risk")),
        cadence_s=float(buckets_of(cadence, "--cadence") * BUCKET_S),
        score_last_s=buckets_of(score_last, "--score-last") * BUCKET_S,
        compare=compare,
        targets=targets,
        json_path=json_path,
        plots=plots,
    )
    console = Console(width=None if sys.stdout.isatty() else 120)
    run_command(wishes, console, Console(stderr=True))
