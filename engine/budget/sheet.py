"""The sheet of requests and limits: one line for each series of the trace."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import Final

from engine.errors import UserError
from engine.messages import ContainerSpec, Size
from engine.quantity import parse_amount
from engine.sheets import Line, parse_table, read_text, usable
from engine.units import RESOURCES

AMOUNTS: Final = ("cpu_request", "cpu_limit", "memory_request", "memory_limit")
REQUIRED: Final = ("series_id", *AMOUNTS)
OPTIONAL: Final = ("namespace", "workload", "node", "node_type")
REPLICAS: Final = "replicas"
NO_NAMESPACE: Final = "default"
Sheet = Mapping[str, ContainerSpec]
"""Series id to what the sheet says of it."""


def spec_of(
    series_id: str,
    namespace: str = "",
    workload: str = "",
    size: Size | None = None,
    node: str = "",
    node_type: str = "",
    replicas: int = 1,
) -> ContainerSpec:
    """Names of a series: those given, else the parts of `namespace/workload/container`.

    An id of another form is both workload and container, in the namespace `default`.

    >>> spec = spec_of("shop/web/nginx")
    >>> spec.namespace, spec.workload, spec.container
    ('shop', 'web', 'nginx')
    """
    parts = series_id.split("/")
    named = parts if len(parts) == 3 and all(parts) else [NO_NAMESPACE, series_id, series_id]
    return ContainerSpec(
        namespace=namespace or named[0],
        workload=workload or named[1],
        container=named[2],
        replicas=replicas,
        size=size or Size(),
        node=node or None,
        node_type=node_type or None,
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
    text = read_text(path)
    sheet: dict[str, ContainerSpec] = {}
    try:
        for line in usable(parse_table(text, REQUIRED, (*OPTIONAL, REPLICAS))):
            name, spec = _parsed(line)
            if name in sheet:
                raise UserError(f"line {line.number}: series {name} stands in the sheet twice")
            sheet[name] = spec
    except UserError as error:
        raise UserError(f"{path} {error}.") from None
    return sheet


def _parsed(line: Line) -> tuple[str, ContainerSpec]:
    """Raises UserError with the number of the line."""
    cells = {column: cell.strip() for column, cell in line.cells.items()}
    try:
        if not cells["series_id"]:
            raise UserError("series_id is empty")
        names = {column: cells.get(column, "") for column in OPTIONAL}
        replicas = _replicas(cells.get(REPLICAS, ""))
        return cells["series_id"], spec_of(cells["series_id"], size=_size(cells), replicas=replicas, **names)
    except UserError as error:
        raise UserError(f"line {line.number}: {error}") from None


def _replicas(text: str) -> int:
    """Empty is one. Raises UserError."""
    if text and not (text.isascii() and text.isdigit() and 0 < int(text) < 10**6):
        raise UserError(f"{REPLICAS}: expected a number of replicas from 1 on, got '{text}'")
    return int(text or 1)


def _size(cells: Mapping[str, str]) -> Size:
    amounts = {column: _amount(column, cells[column]) for column in AMOUNTS}
    for resource in RESOURCES:
        request, limit = f"{resource}_request", f"{resource}_limit"
        if (amounts[limit] or inf) < (amounts[request] or 0.0):
            raise UserError(f"{limit} {cells[limit]} is less than {request} {cells[request]}")
    return Size(**amounts)


def _amount(column: str, text: str) -> float | None:
    if not text:
        return None
    try:
        return parse_amount(text, RESOURCES.index(column.partition("_")[0])) or None
    except UserError as error:
        raise UserError(f"{column}: {error}") from None
