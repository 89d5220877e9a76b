"""What is known of the rows that are decided on: one place from which gates, sizes, evidence and texts all read.

What is learned in compute units is converted here to cores of the type that each row runs on; `window` does it for
the nowcast, `urgent` for its triggers, `clock` for what is compared to a closed bucket.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from engine.core.compute_units import Machines, in_cores, machines_of
from engine.core.decide import risk
from engine.core.decide.bounds import Bounds, bounds_of
from engine.core.decide.circumstances import Circumstances, circumstances_of
from engine.core.decide.money import Prices, monthly_usd, prices_of
from engine.core.decide.near import Near
from engine.core.decide.peaks import peaks_over
from engine.core.decide.sizing import bounded
from engine.core.decide.trust import distrust_at
from engine.core.forecast import AMOUNTS, Forecast, forecast
from engine.core.rows import Array
from engine.units import BUCKET_S

if TYPE_CHECKING:
    from engine.core.context import Context
    from engine.core.decide.parameters import SizingParameters
    from engine.core.state import SlotState


@dataclass(frozen=True, slots=True)
class Facts:
    """Row i of each array is row `rows[i]` of the slot. Amounts float64 [m, 2], cores and bytes, NaN "none"."""

    rows: Array
    time_s: float
    """Time of the decision: the bucket's end, or the sample's."""
    sampled_s: Array
    """Time of each row's last sample, float64 [m]."""
    request: Array
    limit: Array
    replicas: Array
    ceiling: Array
    forecast: Forecast
    """Of these rows; what is too old is NaN."""
    highest_p95: Array
    """Greatest over the leads, 15 min to 4 h."""
    recent_peak: Array
    day_peak: Array
    last: Array
    distrust: Array
    floor: Array
    """Of requests, as `ceiling`: all bounds together."""
    demand: Array
    """Wanted request before bounds and steps; NaN without a forecast."""
    wanted: Array
    """Wanted request within bounds, in whole steps."""
    rule: Array
    """Request by the usual rule, the peak of a day and 15 %: the runner-up."""
    prices: Prices
    bounds: Bounds
    around: Circumstances
    near: Near
    machines: Machines


def cost_of(facts: Facts, i: int, request: Array) -> float:
    """USD a month that `request` [2] would cost in row i."""
    return float(monthly_usd(request, facts.replicas[i], facts.prices.usd[i]))


def bucket_at(time_s: float) -> int:
    """The bucket that a time falls into."""
    return int(time_s // BUCKET_S) + 1


def gather(
    slot: SlotState,
    rows: Array,
    bucket: int,
    time_s: float,
    context: Context,
    sampled_s: Array | None = None,
    near: Near | None = None,
) -> Facts:
    """Facts of the rows int [m] as of a bucket.

    sampled_s: where it is not that of the row's last sample. near: what the nowcast says of them.
    """
    parameters, decide, placement = context.sizing, slot.decide, slot.placement
    machines = machines_of(slot, rows)
    latest = _of_rows(slot, rows, bucket, machines.performance, parameters)
    recent, day, peak = (in_cores(each, machines.performance) for each in _peaks(slot, rows, bucket, parameters))
    distrust = distrust_at(decide, rows, time_s, parameters)
    margin = np.array(parameters.margin) * (1.0 + parameters.distrust_margin * distrust)
    highest_p95 = np.fmax.reduce(latest.p95, axis=-1)
    demand = np.fmax(highest_p95, peak) * margin
    by_risk = ~np.isnan(risk.stated(placement, rows, parameters))
    if by_risk.any():
        demand = np.where(by_risk, risk.demand(latest, decide.level[rows]), demand)
    demand = np.where(np.isnan(highest_p95), np.nan, demand)
    near = near or Near.silent(len(rows))
    around = circumstances_of(slot, rows, bucket, time_s, latest, parameters)
    demand = around.demand(np.where(near.decides, near.request, demand), parameters)
    bounds = bounds_of(slot, rows, time_s, parameters)
    floor, ceiling = bounds.floor, bounds.ceiling
    return Facts(
        rows=rows,
        time_s=time_s,
        sampled_s=slot.window.last_s[rows].max(axis=1) if sampled_s is None else sampled_s,
        request=placement.request[rows],
        limit=placement.limit[rows],
        replicas=placement.replicas[rows],
        ceiling=ceiling,
        forecast=latest,
        highest_p95=highest_p95,
        recent_peak=recent,
        day_peak=day,
        last=in_cores(slot.window.last[rows], machines.performance),
        distrust=distrust,
        floor=floor,
        demand=demand,
        wanted=bounded(demand, floor, ceiling),
        rule=bounded(day * 1.15, floor, ceiling),
        prices=prices_of(slot, rows, context),
        bounds=bounds,
        around=around,
        near=near,
        machines=machines,
    )


def _peaks(slot: SlotState, rows: Array, bucket: int, parameters: SizingParameters) -> tuple[Array, Array, Array]:
    """Peak of the present and the last clock hour, of a day, and over each resource's own hours."""
    over = {hours: peaks_over(slot.decide, rows, bucket, hours) for hours in (2, 24, *parameters.peak_hours)}
    own = np.stack([over[hours][:, resource] for resource, hours in enumerate(parameters.peak_hours)], axis=1)
    return over[2], over[24], own


def _of_rows(
    slot: SlotState, rows: Array, bucket: int, performance: Array, parameters: SizingParameters
) -> Forecast:
    latest = forecast(slot.forecast.take(rows))
    latest = replace(latest, **{name: in_cores(getattr(latest, name), performance) for name in AMOUNTS})
    old = (slot.forecast_bucket(bucket) - latest.origin > parameters.forecast_age_buckets)[..., None]
    p05, p50, p95 = (np.where(old, np.nan, quantile) for quantile in (latest.p05, latest.p50, latest.p95))
    return replace(latest, p05=p05, p50=p50, p95=p95)
