"""`trimtab convert`: CPU on one instance type as CPU on another."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--cpu", "cpu_text", metavar="QUANTITY", help="As Kubernetes writes it: 750m, 0.75, 2.")
@click.option("--memory", "memory_text", metavar="QUANTITY", help="512Mi, 2Gi, 1G: its share of both machines.")
@click.option("--file", "sheet", type=click.Path(path_type=Path), help="Convert each line of this CSV instead.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="With --file: write the CSV here; default: standard output."
)
@click.option("--from", "source", metavar="TYPE", required=True, help="Where the CPU is now.")
@click.option("--to", "target", metavar="TYPE", required=True, help="Where it shall be.")
@click.option(
    "--ecu", multiple=True, metavar="TYPE=UNITS", help="EC2 compute units of all vCPUs at full speed. Repeat."
)
@click.option("--units-file", type=click.Path(path_type=Path),
              help="CSV of your own benchmark, type,units: instead of ECU, for all vCPUs at full speed.")  # fmt: skip
@click.option(
    "--vcpu", multiple=True, metavar="TYPE=NUMBER", help="vCPUs of a type that the catalogue has not. Repeat."
)
@click.option("--baseline", multiple=True, metavar="TYPE=PERCENT", help="What a burstable type sustains. Repeat.")
@click.option("--burst", is_flag=True, help="Count full vCPUs of burstable types, not what they sustain.")
@click.option("--assume-same-per-vcpu", "assume", is_flag=True,
              help="Within one family without units: take its vCPUs for equal.")  # fmt: skip
def convert(
    cpu_text: str | None, memory_text: str | None, sheet: Path | None, out: Path | None, source: str, target: str,
    ecu: tuple[str, ...], units_file: Path | None, vcpu: tuple[str, ...], baseline: tuple[str, ...], burst: bool,
    assume: bool,
) -> None:  # fmt: skip
    """Convert CPU between instance types, in compute units: one unit is the same work on every machine.

    CPU is taken as a share of its machine, which is a share of the machine's units, and those make a share of the
    other machine. Memory is the same everywhere; only its share differs.

    Units are EC2 compute units (ECU), and Azure's (ACU) between Azure's types, where the maker states them. What is
    not stated is asked for on a terminal, and is an error that names the option elsewhere; nothing is guessed.

    A burstable type sustains only a part of each vCPU, its baseline: 30 % for t2.large. A share of such a machine is
    converted as the work that it sustains, on both sides, and the figure for full vCPUs is printed beside it. Say
    --burst if full vCPUs are paid for (T3 in unlimited mode), or if the CPU is time that was measured as used
    and not a share that is reserved.

    A sheet has the columns name and cpu, memory if you like, and others that are kept. CPU on the target is rounded
    up to whole millicores; the last line is the total. If a line cannot be used, each such line is said with its
    number, and nothing is written.

    \b
    Examples (with the ECU as once stated, 750m of m5.large are 3 ECU, 37.5 % of it, and 18.75 % of m5.xlarge):
      trimtab convert --cpu 750m --from m5.large --to m5.xlarge --ecu m5.large=8 --ecu m5.xlarge=16
      trimtab convert --cpu 750m --memory 2Gi --from m5.large --to c5.large
      trimtab convert --file budget.csv --from t2.large --to c5.xlarge --ecu t2.large=UNITS --out prod.csv
      trimtab convert --cpu 2 --from m6i.large --to m6i.2xlarge --assume-same-per-vcpu
      trimtab convert --cpu 2 --from n2-standard-4 --to c5.xlarge --vcpu n2-standard-4=4 --units-file coremark.csv
    """
    from engine.catalogue.supplied import Supplied, parse_pairs  # noqa: PLC0415  (the catalogue is not for --help)
    from engine.cli.convert_plan import read_units, resolve  # noqa: PLC0415
    from engine.cli.convert_report import convert_amount, convert_file  # noqa: PLC0415
    from engine.errors import UserError  # noqa: PLC0415

    if (cpu_text is None) == (sheet is None):
        raise UserError("give either --cpu or --file")
    if sheet is not None and memory_text is not None:
        raise UserError("--memory goes with --cpu; a sheet has its own column memory")
    if sheet is None and out is not None:
        raise UserError("--out goes with --file")
    supplied = Supplied(
        ecu=parse_pairs(ecu, "--ecu"),
        vcpu=parse_pairs(vcpu, "--vcpu"),
        baseline=parse_pairs(baseline, "--baseline"),
        own=read_units(units_file) if units_file is not None else None,
    )
    plan = resolve(source, target, supplied, burst, assume)
    if sheet is not None:
        convert_file(sheet, out, plan)
    elif cpu_text is not None:
        convert_amount(cpu_text, memory_text, plan)
