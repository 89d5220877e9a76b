"""A budget, converted line by line: CSV text in, rows out; nothing is read from or written to a disk here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from engine.catalogue.compute_units import Side, convert
from engine.catalogue.machines import Machine
from engine.errors import UserError
from engine.quantity import format_cpu, format_number, parse_cpu, parse_memory, whole_millicores
from engine.sheets import parse_table
from engine.units import GIB

CPU_COLUMNS: Final = ("units", "target_cpu_millicores", "source_share_percent", "target_share_percent")
MEMORY_COLUMNS: Final = ("source_memory_percent", "target_memory_percent")
TOTAL: Final = "total"


@dataclass(slots=True)
class Sheet:
    """What came of a budget. `errors` and `notes` are sentences with the line; `cpu` and `memory` are sums."""

    columns: list[str]
    rows: list[dict[str, str]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cpu: float = 0.0
    memory: float = 0.0
    target_millicores: int = 0


def convert_sheet(text: str, source: Side, target: Side) -> Sheet:
    """Converts each line of CSV text with the columns name and cpu; memory is optional, other columns are kept.

    The last row is the total: of CPU on the target, the sum of the column, which is in whole millicores, rounded up.
    Raises UserError when the header cannot be used; lines that cannot are among the sheet's `errors`.
    """
    table = parse_table(text, ("name", "cpu"), ("memory",))
    columns = list(table.columns)
    _check(columns)
    sheet = Sheet([*columns, *CPU_COLUMNS, *(MEMORY_COLUMNS if "memory" in columns else ())])
    for line in table.lines:
        try:
            if line.wrong:
                raise UserError(line.wrong)
            sheet.rows.append(dict(line.cells) | _added(line.cells, line.number, sheet, source, target))
        except UserError as error:
            sheet.errors.append(f"line {line.number}: {error}")
    if not sheet.rows and not sheet.errors:
        raise UserError("there are no lines below the header")
    sheet.rows.append(_total(sheet, source, target))
    return sheet


def _check(columns: list[str]) -> None:
    """Each column is written out again, so that none may be there twice."""
    for name in columns:
        if columns.count(name) > 1:
            raise UserError(f"line 1: the column {name} stands there twice")
        if name in CPU_COLUMNS + MEMORY_COLUMNS:
            raise UserError(f"line 1: there is a column {name} already, which the conversion would add")


def _added(row: Mapping[str, str], line: int, sheet: Sheet, source: Side, target: Side) -> dict[str, str]:
    """The new cells of a row; the sheet's sums grow by it."""
    if row["name"].strip() == TOTAL:
        raise UserError(f"a line named {TOTAL} would be counted twice: the conversion adds its own")
    cpu = parse_cpu(row["cpu"]) if row["cpu"].strip() else None
    memory = parse_memory(row["memory"]) if row.get("memory", "").strip() else None
    if cpu is None:
        sheet.notes.append(f"line {line}: {row['name'] or 'no name'} has no CPU set, and is in no sum of CPU")
    cells = _cpu_cells(cpu, source, target) if cpu is not None else dict.fromkeys(CPU_COLUMNS, "")
    sheet.cpu += cpu or 0.0
    sheet.target_millicores += int(cells["target_cpu_millicores"] or 0)
    sheet.memory += memory or 0.0
    return cells | (_memory_cells(memory, source, target) if "memory" in row else {})


def _cpu_cells(cpu: float, source: Side, target: Side) -> dict[str, str]:
    there, here = convert(cpu, source.capacity, target.capacity)
    cells = (there.units, whole_millicores(here.cpu), there.share * 100, here.share * 100)
    return {name: format_number(value) for name, value in zip(CPU_COLUMNS, cells, strict=True)}


def _memory_cells(memory: float | None, source: Side, target: Side) -> dict[str, str]:
    shares = (memory_share(memory, side.machine) for side in (source, target))
    cells = ("" if share is None else format_number(share * 100) for share in shares)
    return dict(zip(MEMORY_COLUMNS, cells, strict=True))


def memory_share(memory: float | None, machine: Machine) -> float | None:
    """Share of a machine's memory, 1 being all; None where one of both is not known. `memory` is in bytes."""
    if memory is None or machine.memory_gib is None:
        return None
    return memory / (machine.memory_gib * GIB)


def _total(sheet: Sheet, source: Side, target: Side) -> dict[str, str]:
    row = dict.fromkeys(sheet.columns, "") | {"name": TOTAL, "cpu": format_cpu(sheet.cpu)}
    row |= _cpu_cells(sheet.cpu, source, target) | {"target_cpu_millicores": str(sheet.target_millicores)}
    if "memory" in sheet.columns:
        row |= {"memory": format_number(sheet.memory)} | _memory_cells(sheet.memory, source, target)
    return row
