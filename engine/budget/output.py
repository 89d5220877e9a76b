"""The budget as a CSV: a row for each line, amounts in cores and bytes, money in USD a month, empty for none."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from engine.budget.lines import UNSET, Line
from engine.errors import UserError

_AMOUNTS: Final = {
    "request": "request",
    "limit": "limit",
    "used_p50": "p50",
    "used_p95": "p95",
    "used_max": "peak",
    "wasted": "wasted",
    "engine_request": "wanted",
}
"""Column, behind the resource's name, to the name of the amount in a line."""
_USD: Final = {
    "request_usd_month": "request",
    "wasted_usd_month": "wasted",
    "engine_usd_month": "wanted",
    "saving_usd_month": "saving",
    "not_set_usd_month": "unset",
}
_NAMES: Final = ("namespace", "workload", "container", "series_id", "containers", "replicas")
COLUMNS: Final = (
    *_NAMES,
    *(f"{resource}_{column}" for resource in ("cpu", "memory") for column in (*_AMOUNTS, "idle_share")),
    *(f"no_{name}" for name in UNSET),
    *_USD,
)


def as_csv(lines: Sequence[Line]) -> str:
    """With a header. `no_cpu_request` and its like count the containers where it is not set."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_row(line) for line in lines)
    return file.getvalue()


def _row(line: Line) -> list[str]:
    shown = [*(line.amount[name] for name in _AMOUNTS.values()), line.idle_share]
    amounts = [amount[resource] for resource in (0, 1) for amount in shown]
    return [
        *(str(getattr(line, name)) for name in _NAMES),
        *("" if np.isnan(amount) else f"{amount:.12g}" for amount in amounts),
        *(str(line.unset[name]) for name in UNSET),
        *(f"{round(line.usd[name], 4) + 0.0:.4f}" for name in _USD.values()),
    ]


def write_text(path: Path, text: str) -> None:
    """Raises UserError when the file cannot be written."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error}.") from error
