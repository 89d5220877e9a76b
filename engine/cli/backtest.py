"""`trimtab backtest`: the engine's forecasts on a recorded trace, scored, beside naive ones and other models."""

from __future__ import annotations

from pathlib import Path

import click

TRACE = click.Path(path_type=Path)


@click.command()
@click.option("--trace", type=TRACE, required=True, help="CSV (or .gz) with series_id,timestamp_s,cpu,mem.")
@click.option("--leads", default="2h,4h", show_default=True, help="How far ahead: 5m to 24h, with commas between.")
@click.option("--every", default="1h", show_default=True, help="Forecasts are made at multiples of this time.")
@click.option("--forecasts", type=TRACE, help="Write the forecasts here, as CSV (or .gz).")
@click.option("--json", "json_path", type=TRACE, help="Write scores by series and over all of them here.")
@click.option("--plots", type=TRACE, help="Write a page for each series, and an index, into this directory.")
@click.option("--model", "models", multiple=True, metavar="NAME", help="A model to compare with; may be repeated.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes; the results are equal.")
@click.option("--score-last", default="7d", show_default=True, help="Scored are targets in this last part of a series,")
@click.option("--score-skip", default="2d", show_default=True, help="but never those in this first part.")
def backtest(
    trace: Path,
    leads: str,
    every: str,
    forecasts: Path | None,
    json_path: Path | None,
    plots: Path | None,
    models: tuple[str, ...],
    jobs: int,
    score_last: str,
    score_skip: str,
) -> None:
    """Forecast a recorded trace as the engine would have done live, and score it.

    Each series is fed to the engine's own forecast in order of time; from origins every hour on the hour, from the
    first hour of a series on, each lead is forecast with what was known then. Naive forecasts are scored beside it,
    and other models with --model (pip install 'trimtab[peers]').

    Amounts are in the trace's own units. Buckets are the 5 minutes that end at a multiple of 300 s.

    \b
    Examples:
      trimtab backtest --trace vms.csv.gz
      trimtab backtest --trace vms.csv.gz --leads 15m,1h,4h --forecasts out.csv.gz --json out.json --plots plots
      trimtab backtest --trace vms.csv --model auto-ets --model lightgbm --jobs 4
    """
    from rich.console import Console  # noqa: PLC0415  (numpy and plotly are not for --help)

    from engine.backtest.command import Wishes, run_command  # noqa: PLC0415
    from engine.backtest.plan import Plan, buckets_of, leads_of  # noqa: PLC0415

    plan = Plan(
        leads=leads_of(leads),
        every=buckets_of(every, "--every"),
        score_last=buckets_of(score_last, "--score-last"),
        score_skip=buckets_of(score_skip, "--score-skip"),
    )
    wishes = Wishes(trace, plan, models, jobs, forecasts, json_path, plots)
    run_command(wishes, Console(), Console(stderr=True))
