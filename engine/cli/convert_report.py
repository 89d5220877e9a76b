"""What `trimtab convert` prints: a table for one amount, CSV for a sheet, and what was assumed."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from engine.catalogue.compute_units import SAME_PER_VCPU, Amount, Side, convert
from engine.catalogue.machines import Machine
from engine.catalogue.sheet import Sheet, convert_sheet, memory_share
from engine.cli.convert_plan import Plan, read_with
from engine.errors import UserError
from engine.quantity import format_cpu, format_number, parse_cpu, parse_memory


def convert_amount(cpu_text: str, memory_text: str | None, plan: Plan) -> None:
    """Prints one amount on both machines. Raises UserError."""
    cpu = parse_cpu(cpu_text)
    memory = parse_memory(memory_text) if memory_text is not None else None
    Console().print(_table(cpu, memory, plan))
    for note in (*_too_much(cpu, memory, plan), *_notes(plan)):
        click.echo(note)


def convert_file(path: Path, out: Path | None, plan: Plan) -> None:
    """Writes the sheet to `out` or standard output, and what is to be said to standard error. Raises UserError."""
    source, target = plan.sides(plan.burst)
    sheet = read_with(path, lambda text: convert_sheet(text, source, target))
    for sentence in (*sheet.errors, *sheet.notes):
        click.echo(f"{path}, {sentence}", err=True)
    if sheet.errors:
        count = len(sheet.errors)
        raise UserError(f"{count} line{'s' if count > 1 else ''} of {path} cannot be used: nothing was written")
    _write(sheet, out)
    for note in (*_notes(plan), *_totals(sheet, plan)):
        click.echo(note, err=True)


def _write(sheet: Sheet, out: Path | None) -> None:
    text = StringIO()
    writer = csv.DictWriter(text, sheet.columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(sheet.rows)
    if out is None:
        click.echo(text.getvalue(), nl=False)
        return
    try:
        out.write_text(text.getvalue(), encoding="utf-8", newline="")
    except OSError as error:
        raise UserError(f"Cannot write {out}: {error.strerror}") from error


def _table(cpu: float, memory: float | None, plan: Plan) -> Table:
    table = Table("", "type", "vCPU", f"{plan.label} in all", "CPU", plan.label, "share")
    for name in ("memory", "share") if memory is not None else ():
        table.add_column(name)
    for burst in plan.readings:
        sides = plan.sides(burst)
        amounts = convert(cpu, sides[0].capacity, sides[1].capacity)
        reading = (", at full speed" if burst else ", sustained") if plan.burstable else ""
        for way, side, amount in zip(("from", "to"), sides, amounts, strict=True):
            table.add_row(way + reading, *_cells(side, amount), *_memory_cells(memory, side.machine))
        table.add_section()
    return table


def _cells(side: Side, amount: Amount) -> tuple[str, ...]:
    numbers = (format_number(side.machine.vcpu), format_number(side.capacity.units))
    return side.machine.name, *numbers, format_cpu(amount.cpu), format_number(amount.units), _percent(amount.share)


def _memory_cells(memory: float | None, machine: Machine) -> tuple[str, ...]:
    if memory is None:
        return ()
    share = memory_share(memory, machine)
    return f"{format_number(memory / 2**20)}Mi", "not known" if share is None else _percent(share)


def _percent(share: float) -> str:
    return f"{format_number(share * 100)} %"


def _too_much(cpu: float, memory: float | None, plan: Plan) -> Iterator[str]:
    """What does not fit is converted all the same: a sum of several containers may be meant."""
    sides = plan.sides(plan.burst)
    for side, amount in zip(sides, convert(cpu, sides[0].capacity, sides[1].capacity), strict=True):
        if amount.share > 1:
            yield f"{format_cpu(amount.cpu)} is more than a {side.machine.name} has."
        if (memory_share(memory, side.machine) or 0) > 1:
            yield f"The memory is more than a {side.machine.name} has."


def _notes(plan: Plan) -> Iterator[str]:
    if plan.given:
        given = ", ".join(f"{each.name} {format_number(each.units[plan.scale])}" for each in plan.given)
        yield f"{plan.label} as given, not of the catalogue: {given}."
    if plan.scale == SAME_PER_VCPU:
        yield f"Assumed, not known: a vCPU of {plan.source.name} does as much work as one of {plan.target.name}."
    for each in plan.burstable:
        if each.baseline is not None:
            whole, sustained = format_cpu(each.vcpu), format_cpu(each.vcpu * each.baseline)
            yield f"{each.name} sustains {_percent(each.baseline)} of each vCPU: {sustained} of its {whole}."
    if plan.burstable:
        yield "Converted by full vCPUs." if plan.burst else "Converted by what is sustained; --burst counts full vCPUs."


def _totals(sheet: Sheet, plan: Plan) -> Iterator[str]:
    """For burstable machines, the total in both ways of counting."""
    if not plan.burstable:
        return
    for burst in plan.readings:
        source, target = plan.sides(burst)
        _, here = convert(sheet.cpu, source.capacity, target.capacity)
        reading = "at full speed" if burst else "sustained"
        yield f"Total {reading}: {format_cpu(here.cpu)} of {plan.target.name}, {_percent(here.share)} of one."
