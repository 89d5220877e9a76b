"""Where the lines of a sheet run, and what those nodes have: the columns node, node_type, node_cpu, node_memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from engine.core.rows import Array
from engine.errors import UserError
from engine.quantity import parse_amount
from engine.sheets import Line, parse_table, read_text, usable
from engine.units import RESOURCES

COLUMNS: Final = tuple(f"node_{resource}" for resource in RESOURCES)


def read_capacities(path: Path) -> Mapping[str, Array]:
    """Node to what its lines state that it has, float64 [2] in cores and bytes; nodes of which both are stated.

    One line of a node is enough. Raises UserError with the number of the line: an amount that is none, without a node,
    or another than in a line before.
    """
    stated: dict[str, Array] = {}
    try:
        for line in usable(parse_table(read_text(path), ("series_id",), ("node", *COLUMNS))):
            _take(line, stated)
    except UserError as error:
        raise UserError(f"{path} {error}.") from None
    return {node: capacity for node, capacity in stated.items() if not np.isnan(capacity).any()}


def _take(line: Line, stated: dict[str, Array]) -> None:
    node = line.cells.get("node", "").strip()
    for resource, column in enumerate(COLUMNS):
        text = line.cells.get(column, "").strip()
        if not text:
            continue
        if not node:
            raise UserError(f"line {line.number}: {column} of no node")
        try:
            amount = parse_amount(text, resource)
        except UserError as error:
            raise UserError(f"line {line.number}: {column}: {error}") from None
        known = stated.setdefault(node, np.full(2, np.nan))
        if amount == 0 or not (np.isnan(known[resource]) or known[resource] == amount):
            wrong = "which no node has" if amount == 0 else "and another amount in a line before"
            raise UserError(f"line {line.number}: {column} of {node} is {text}, {wrong}")
        known[resource] = amount
