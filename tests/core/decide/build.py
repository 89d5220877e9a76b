"""Slots whose forecasts and sizes are written down, so that decisions can be checked by eye.

By default: m5.large at 0.04 USD a core-hour and 0.005 a GiB-hour; requests 1 core and 1 GiB, limits twice that; used at
most 0.5 cores and 0.5 GiB, forecast the same; bucket 400 has just closed, and everything is old enough to be cut.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.core.context import Context
from engine.core.decide import Verdicts, decide_at_close, decide_urgent, observe_peaks
from engine.core.forecast.compact import encode
from engine.core.forecast.pending import FORECASTS
from engine.core.placement import STAGES
from engine.core.rows import Array
from engine.core.state import SlotState
from engine.messages import Stage
from engine.units import BUCKET_S, GIB

BUCKET = 400
NOW = float(BUCKET * BUCKET_S)
CONTEXT = Context(prices={"m5.large": (0.04, 0.005), "c5.large": (0.08, 0.001)})


def pairs(value: Any, rows: int) -> Array:
    """float64 [rows, 2] from a number, a pair, or rows of pairs; memory in GiB."""
    amounts: Array = np.broadcast_to(np.asarray(value, dtype=np.float64), (rows, 2)) * np.array([1.0, GIB])
    return amounts


def slot_of(
    rows: int = 1,
    *,
    request: Any = 1.0,
    limit: Any = 2.0,
    p95: Any = 0.5,
    peak: Any = 0.5,
    floor: Any = np.nan,
    ceiling: Any = np.nan,
    stage: Stage = "full",
    seen: int = 100,
    scored: int = 10,
    covered: int = 10,
    bucket: int = BUCKET,
) -> SlotState:
    """A slot of containers `web/w0/app`, …: pairs by resource as in `pairs`."""
    slot = SlotState("shop", 0, 1, node_types=["m5.large"])
    slot.add_rows([f"shop/web/w{n}/app" for n in range(rows)])
    slot.watermark_s = bucket * BUCKET_S + 60.0
    place, window = slot.placement, slot.window
    place.request[:], place.limit[:] = pairs(request, rows), pairs(limit, rows)
    place.floor[:], place.ceiling[:] = pairs(floor, rows), pairs(ceiling, rows)
    place.node_type[:], place.stage[:] = 0, STAGES.index(stage)
    window.last_s[:], window.last[:] = slot.watermark_s, pairs(peak, rows)
    foresee(slot, p95, seen=seen, scored=scored, covered=covered, bucket=bucket)
    observe_peaks(slot.decide, bucket, pairs(peak, rows))
    return slot


def foresee(
    slot: SlotState, p95: Any, *, seen: int = 100, scored: int = 10, covered: int = 10, bucket: int = BUCKET
) -> None:
    """Every lead's forecast is this p95, half of it as the median."""
    f = slot.forecast
    f.unit[:] = pairs(p95, len(slot.containers))
    f.pending[:] = encode(np.array(0.5))
    f.pending_widths[:] = encode(np.array([0.25, 0.5, 0.5, 0.5]))
    f.origin[:], f.buckets_seen[:], f.last_bucket[:] = bucket - 4, seen, bucket
    f.scored[:], f.covered[:] = scored, covered
    f.actuals[:], f.absolute_errors[:] = 10.0, 1.0


def foresee_cpu_soon(slot: SlotState, p95: float) -> None:
    """CPU of every row in 15 minutes."""
    f = slot.forecast
    place = FORECASTS.place(0, int(f.origin[0, 0]))
    half = encode(p95 * 0.5 / f.unit[:, 0])
    f.pending[:, 0, place], f.pending_widths[:, 0, place] = half, half[:, None]


def close(slot: SlotState, bucket: int = BUCKET, fresh: bool = True) -> Verdicts:
    everything = np.ones(len(slot.containers), dtype=np.bool_)
    slot.watermark_s = max(slot.watermark_s, bucket * BUCKET_S + 60.0)
    return decide_at_close(slot, bucket, everything, everything & fresh, CONTEXT)


def urgent(
    slot: SlotState, time_s: float = NOW + 60.0, throttled: float = 0.0, oom_kills: int = 0, row: int = 0
) -> Verdicts:
    """A fresh sample of one row."""
    return decide_urgent(slot, np.array([row]), time_s, np.array([throttled]), np.array([oom_kills]), CONTEXT)
