"""What a container will need over the next day, by half hour, and whether that can be relied on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.compute_units import in_units, performance_of
from engine.core.decide.calendar import BUCKETS, SLOTS
from engine.core.decide.move_choice import quantile_of
from engine.core.decide.record import lacks_of
from engine.core.decide.risk import stated
from engine.core.forecast import ForecastRows, forecast, forecast_at
from engine.core.forecast.history import history
from engine.core.rows import Array

if TYPE_CHECKING:
    from engine.core.context import Context
    from engine.core.state import SlotState

_LONGEST: Final = 288


def is_trusted(slot: SlotState, rows: Array, context: Context) -> Array:
    """Whether the forecasts of both resources would let a cut pass, and have seen days enough: bool [m]."""
    known = forecast(slot.forecast.take(rows))
    lacks = np.logical_or.reduce(lacks_of(known, context.sizing)) | (known.buckets_seen < context.moves.buckets_to_plan)
    trusted: Array = ~lacks.any(axis=1)
    return trusted


def needs_of(slot: SlotState, rows: Array, bucket: int, context: Context) -> Array:
    """Needs by half hour of the day, float64 [m, 48, 2], NaN unknown: a machine is there before the need, and stays.

    Compute units and bytes, so that one need can be held against every type.

    Each is the greater of what is forecast for its start and for its end, no less than the policy's floor, and not far
    above all that was seen: where the hour of a step is uncertain, a day ahead, the quantile knows no such measure.
    """
    mine, first = slot.forecast.take(rows), -(-bucket // BUCKETS)
    edges = (first + np.arange(SLOTS + 1)) * BUCKETS - bucket
    at = slot.forecast_bucket(bucket)
    outlook = forecast_at(mine, at, np.clip(edges, 1, _LONGEST).tolist())
    quantile = quantile_of(context.moves, stated(slot.placement, rows, context.sizing))
    amounts = np.stack([outlook.p90, outlook.p95, outlook.p99])[quantile, np.arange(len(rows))]
    most = context.moves.over_highest * highest_seen(mine, at)[..., None]
    needs = np.clip(np.maximum(amounts[..., :-1], amounts[..., 1:]), 0.0, most)
    floor = in_units(slot.placement.floor[rows], performance_of(slot.placement, rows))
    needs = np.where(np.isnan(needs), np.nan, np.fmax(needs, floor[..., None]))
    return np.roll(np.moveaxis(needs, 1, 2), first % SLOTS, axis=1)


def highest_seen(rows: ForecastRows, bucket: int) -> Array:
    """The highest mean of an hour, or of a bucket, that is remembered: float64 [m, 2], cores and bytes."""
    row, resource = np.indices((len(rows), 2)).reshape(2, -1)
    past = history(rows, (row, resource), bucket)
    seen = np.concatenate([past.buckets, past.means, past.marks], axis=1)
    highest: Array = np.fmax.reduce(seen, axis=1).reshape(len(rows), 2) * rows.unit
    return highest
