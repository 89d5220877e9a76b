"""Three containers whose figures can be worked out by hand, 5 minutes between samples, in cores and GiB.

time            0    300   600   900
shop/web/a cpu  1    1     1     3       mem  1  1  2  2       requests 2 cores, 4 GiB, limits 4 cores, 4 GiB
shop/web/b cpu  0.5  -     0.5   0.5     mem  none             nothing set
ops/log/c  cpu  0.1  0.1   0.1   0.1     mem  1  1  1  1       requests 1 core, 0.5 GiB, no limits
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.backtest.buckets import bucketed
from engine.budget.budget import Budget, make_budget
from engine.budget.sheet import read_sheet
from engine.core.context import Context
from engine.traces import Series
from engine.units import GIB

CONTEXT = Context(prices={"m5.large": (0.04, 0.005)})
"""A core costs 29.20 USD a month, a GiB 3.65."""
NONE = np.nan
USE = {
    "shop/web/a": ([1.0, 1.0, 1.0, 3.0], [1.0, 1.0, 2.0, 2.0]),
    "shop/web/b": ([0.5, NONE, 0.5, 0.5], [NONE] * 4),
    "ops/log/c": ([0.1] * 4, [1.0] * 4),
}
SHEET = """series_id,cpu_request,cpu_limit,memory_request,memory_limit
shop/web/a,2,4,4Gi,4Gi
shop/web/b,,,,
ops/log/c,1000m,,512Mi,
"""


def series() -> list[Series]:
    times = np.arange(0.0, 1200.0, 300.0)
    return [Series(name, times, np.array([cpu, mem]).T * np.array([1.0, GIB])) for name, (cpu, mem) in USE.items()]


def sheet_file(folder: Path, text: str = SHEET) -> Path:
    path = folder / "sheet.csv"
    path.write_text(text)
    return path


def trace_file(folder: Path, memory_unit: float = 1.0) -> Path:
    """In bytes, or in other units."""
    rows = ["series_id,timestamp_s,cpu,mem"]
    for one in series():
        for time_s, (cpu, mem) in zip(one.time_s, one.value, strict=True):
            cells = ("" if np.isnan(value) else f"{value:.17g}" for value in (cpu, mem / memory_unit))
            rows.append(",".join([one.name, f"{time_s:g}", *cells]))
    path = folder / "trace.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def made(folder: Path, sheet: str | None = SHEET) -> Budget:
    stated = {} if sheet is None else read_sheet(sheet_file(folder, sheet))
    return make_budget([bucketed(one, np.ones(2)) for one in series()], stated, CONTEXT)
