"""The sheet of requests and limits: one line for each series of the trace."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from engine.budget.quantity import parse_quantity
from engine.errors import UserError
from engine.messages import ContainerSpec, Size
from engine.units import LARGEST, RESOURCES

AMOUNTS: Final = ("cpu_request", "cpu_limit", "memory_request", "memory_limit")
REQUIRED: Final = ("series_id", *AMOUNTS)
OPTIONAL: Final = ("namespace", "workload")
NO_NAMESPACE: Final = "default"
Sheet = Mapping[str, ContainerSpec]
"""Series id to what the sheet says of it."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the file: `fields` by the header's names, without the spaces around them."""

    number: int
    fields: dict[str, str]


def spec_of(series_id: str, namespace: str = "", workload: str = "", size: Size | None = None) -> ContainerSpec:
    """Names of a series: those given, else the parts of `namespace/workload/container`.

    An id of another form is both workload and container, in the namespace `default`.

    >>> spec = spec_of("shop/web/nginx")
    >>> spec.namespace, spec.workload, spec.container
    ('shop', 'web', 'nginx')
    """
    parts = series_id.split("/")
    named = parts if len(parts) == 3 and all(parts) else [NO_NAMESPACE, series_id, series_id]
    return ContainerSpec(
        namespace=namespace or named[0], workload=workload or named[1], container=named[2], size=size or Size()
    )


def called(spec: ContainerSpec, series_id: str) -> str:
    """`namespace/workload/container` for people; an id that is both of the latter is not said twice."""
    if spec.workload == spec.container == series_id:
        return f"{spec.namespace}/{series_id}"
    return f"{spec.namespace}/{spec.workload}/{spec.container}"


def read_sheet(path: Path) -> Sheet:
    """The lines of a CSV, in its order. Columns that are not known are ignored.

    An empty amount is "not set", and so is 0, as Kubernetes has it. Raises UserError, one sentence with the number of
    the line: a column that is missing, a quantity that is none, a limit under its request, a series twice.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = _lines(path, csv.reader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"The sheet {path} cannot be read: {error}.") from error
    sheet: dict[str, ContainerSpec] = {}
    for line in lines:
        try:
            name, spec = _parsed(line)
            if name in sheet:
                raise ValueError(f"series {name} stands in the sheet twice")
        except ValueError as error:
            raise UserError(f"{path} line {line.number}: {error}.") from None
        sheet[name] = spec
    return sheet


def _lines(path: Path, reader: Any) -> list[_Line]:
    header = [name.strip() for name in next(reader, [])]
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise UserError(f"{path} line 1: expected the columns {','.join(REQUIRED)}, got no {' and no '.join(missing)}.")
    twice = [name for name in (*REQUIRED, *OPTIONAL) if header.count(name) > 1]
    if twice:
        raise UserError(f"{path} line 1: the column {twice[0]} stands there twice.")
    lines = []
    for values in reader:
        if len(values) not in {0, len(header)}:
            raise UserError(f"{path} line {reader.line_num}: expected {len(header)} fields, got {len(values)}.")
        if values:
            stripped = (value.strip() for value in values)
            lines.append(_Line(reader.line_num, dict(zip(header, stripped, strict=True))))
    return lines


def _parsed(line: _Line) -> tuple[str, ContainerSpec]:
    """Raises ValueError."""
    name = line.fields["series_id"]
    if not name:
        raise ValueError("series_id is empty")
    amounts = {column: _amount(column, line.fields[column]) for column in AMOUNTS}
    for resource in RESOURCES:
        request, limit = amounts[f"{resource}_request"], amounts[f"{resource}_limit"]
        if request is not None and limit is not None and limit < request:
            texts = line.fields[f"{resource}_limit"], line.fields[f"{resource}_request"]
            raise ValueError(f"{resource}_limit {texts[0]} is less than {resource}_request {texts[1]}")
    namespace, workload = (line.fields.get(column, "") for column in OPTIONAL)
    return name, spec_of(name, namespace, workload, Size(**amounts))


def _amount(column: str, text: str) -> float | None:
    """Raises ValueError."""
    if not text:
        return None
    try:
        amount = parse_quantity(text)
    except ValueError as error:
        raise ValueError(f"{column}: {error}") from None
    if amount > LARGEST[RESOURCES.index(column.partition("_")[0])]:
        raise ValueError(f"{column}: {text} is more than any machine has")
    return amount or None
