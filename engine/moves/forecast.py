"""Needs of the next day by the engine's own forecast of a recorded trace, as it would have been made live."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from engine.backtest.buckets import bucketed
from engine.backtest.moment import WHY_NOT, bucket_at, rows_at
from engine.backtest.moment_report import named
from engine.backtest.times import when
from engine.core.forecast import forecast_at
from engine.errors import UserError
from engine.moves.inputs import SLOT_S, SLOTS, Needs
from engine.traces import read_trace
from engine.units import BUCKET_S, GIB, RESOURCES

QUANTILES: Final = ("p50", "p90", "p95", "p99")
LEADS: Final = tuple((slot + 1) * SLOT_S // BUCKET_S for slot in range(SLOTS))
"""Buckets ahead: a slot needs what is forecast for its last five minutes."""


def forecast_needs(
    trace: Path, series_id: str, at: str, cores: float | None, gib: float | None, quantile: str
) -> Needs:  # fmt: skip
    """`cores` and `gib`: what one unit of the trace's cpu and mem is; None: a core, a byte. Raises UserError."""
    origin = bucket_at(at)
    scale = np.array([cores or 1.0, (gib or 1.0 / GIB) * GIB])
    one = bucketed(named(trace, read_trace(trace, strict=True), series_id), scale)
    if not len(one.bucket) or not one.bucket[0] <= origin:
        raise UserError(f"--at: nothing of the series {series_id} is known by then.")
    outlook = forecast_at(rows_at(one, origin), origin, LEADS)
    for resource, why in zip(RESOURCES, outlook.why[0].tolist(), strict=True):
        if why:
            raise UserError(f"--at: nothing was forecast for {resource} of {series_id}: {WHY_NOT[why]}.")
    amounts = np.maximum(getattr(outlook, quantile)[0].T, 0.0)
    source = f"{quantile} of {series_id}, forecast from {when(origin, int(one.bucket[0]))}"
    return Needs(amounts, origin * BUCKET_S, source)
