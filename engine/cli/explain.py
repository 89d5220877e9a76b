"""`trimtab explain`: one forecast of a recorded trace, and how it came about."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--trace", type=click.Path(path_type=Path), required=True, help="CSV (or .gz), as for the backtest.")
@click.option("--series", "series_id", required=True, metavar="ID", help="Which series of it.")
@click.option("--at", "at_text", required=True, metavar="TIME", help="Origin: seconds as in the trace, or a UTC date.")
@click.option("--resource", type=click.Choice(["cpu", "mem"]), default="cpu", show_default=True)
@click.option("--lead", default="4h", show_default=True, help="How far ahead: 5m to 24h.")
@click.option("--plot", type=click.Path(path_type=Path), help="Write a page with the figure here.")
def explain(trace: Path, series_id: str, at_text: str, resource: str, lead: str, plot: Path | None) -> None:
    """Show which experts spoke at a moment, what they said, their weights and records, and what came of it.

    The series is fed to the engine's own forecast up to that time, as live.

    \b
    Examples:
      trimtab explain --trace vms.csv.gz --series vm-17 --at 2022-07-01T12:00
      trimtab explain --trace vms.csv.gz --series vm-17 --at 1656676800 --resource mem --lead 2h --plot why.html
    """
    from rich.console import Console  # noqa: PLC0415  (numpy and plotly are not for --help)

    from engine.backtest.moment import bucket_at  # noqa: PLC0415
    from engine.backtest.moment_report import show  # noqa: PLC0415
    from engine.backtest.plan import FARTHEST, buckets_of  # noqa: PLC0415

    ahead = buckets_of(lead, "--lead", FARTHEST)
    show(Console(), trace, series_id, ("cpu", "mem").index(resource), bucket_at(at_text), ahead, plot)
