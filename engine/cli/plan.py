"""`trimtab plan`: moves between instance types over the next 24 hours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

FILE = click.Path(path_type=Path)
POSITIVE = click.FloatRange(min=0.0, min_open=True)
NOT_NEGATIVE = click.FloatRange(min=0.0)


@click.command()
@click.option("--needs", type=FILE, help="CSV with time (HH:MM or seconds), cpu (cores), memory_gib, by half hours.")
@click.option("--example", is_flag=True, help="The packaged example: a batch at night that needs much memory.")
@click.option("--trace", type=FILE, help="Instead, the engine's forecast of a trace: series_id,timestamp_s,cpu,mem.")
@click.option("--series", metavar="ID", help="Which series of it.")
@click.option("--at", metavar="TIME", help="Origin of the forecast: seconds as in the trace, or a UTC date.")
@click.option("--cpu-cores-per-unit", "cores", type=POSITIVE, help="What 1 in its cpu is, in cores.  [default: 1]")
@click.option("--memory-gib-per-unit", "gib", type=POSITIVE, help="What 1 in its mem is, in GiB.  [default: a byte]")
@click.option("--quantile", type=click.Choice(["p50", "p90", "p95", "p99"]), default="p95", show_default=True)
@click.option("--group", type=FILE, help="Also: node groups for a cluster; CSV with name,cpu,memory_gib[,replicas].")
@click.option("--from", "start", metavar="TYPE", help="The type that serves now.")
@click.option("--types", default="", metavar="TYPE,…", help="Candidates beside it.")
@click.option("--families", default="", metavar="NAME,…", help="And all types of these with a price: m5,r4,c5.")
@click.option(
    "--moves", type=click.IntRange(0, 48), default=2, show_default=True, help="Most in a day, with the way back."
)
@click.option("--restart-cost-usd", type=NOT_NEGATIVE, default=0.05, show_default=True, help="What one move costs.")
@click.option("--drain", default="5m", show_default=True, help="The old machine is paid for so long beside the new.")
@click.option("--arrival", default="30m", show_default=True, help="From order to service, rounded up to half hours.")
@click.option("--return/--no-return", "back", default=True, show_default=True, help="End on the type of --from.")
@click.option("--model", type=click.Choice(["dedicated", "share"]), default="dedicated", show_default=True,
              help="A machine of its own, or a share of a node by the dominant resource.")  # fmt: skip
@click.option("--system-reserved", default="0%", show_default=True, metavar="SHARE%|CORES,GIB",
              help="What every node keeps for the system.")  # fmt: skip
@click.option("--compute-units", is_flag=True, help="Needs are cores of --from; others count by compute units.")
@click.option(
    "--price", multiple=True, metavar="TYPE=USD", help="An hour on demand, instead of the catalogue's. Repeat."
)
@click.option("--spot", multiple=True, metavar="TYPE=USD", help="An hour of spot, if --allow-spot. Repeat.")
@click.option("--allow-spot", is_flag=True, help="Plan spot machines too.")
@click.option("--interruptions-per-hour", type=NOT_NEGATIVE, help="Of a spot machine; each costs a restart.")
@click.option("--json", "json_path", type=FILE, help="Write all of it here.")
@click.option("--plot", type=FILE, help="Write a page with needs and machines by slot here.")
def plan(**options: Any) -> None:
    """Plan which instance type a service runs on over the next 24 hours, in slots of half an hour.

    The plan is the cheapest there is, moves included. A machine is ordered ahead and is there before the need; the old
    one must do until then. Where there is no plan, the slot and the reason are said. Nothing is moved: it is a plan.

    CPU counts alike on every type unless --compute-units; prices are the catalogue's, on demand, in US regions.

    \b
    Examples:
      trimtab plan --example
      trimtab plan --needs day.csv --from m5.large --families m5,r4,c5 --moves 2 --plot plan.html
      trimtab plan --trace vms.csv.gz --series vm-17 --at 2022-07-01T00:00 --from m5.large --types r4.xlarge
      trimtab plan --group containers.csv --families m5,r5,c5 --system-reserved 0.1,0.7
    """
    from rich.console import Console  # noqa: PLC0415  (numpy is not for --help)

    from engine.moves.command import run_command  # noqa: PLC0415
    from engine.moves.options import Options  # noqa: PLC0415

    run_command(Options(**options).wishes(), Console())
