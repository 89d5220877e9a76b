"""How far to raise a resource in distress: its limit, and the request in the ratio that they had."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.core.decide.facts import Facts
from engine.core.decide.oom import growth
from engine.core.decide.proposals import TRIGGERS
from engine.core.decide.sizing import bounded, limits_for, round_up
from engine.core.rows import Array

if TYPE_CHECKING:
    from engine.core.decide.parameters import SizingParameters

_OOM_KILL = TRIGGERS.index("oom_kill")
_CROSSING_MEMORY = TRIGGERS.index("crossing_memory")
_ABOVE_REQUEST = TRIGGERS.index("above_request")
_THROTTLED = TRIGGERS.index("throttled")


def raised(
    facts: Facts, active: Array, throttled: Array, repeated: Array, parameters: SizingParameters
) -> tuple[Array, Array]:
    """Requests and limits [m, 2] for `active` triggers [m, 2] (index of TRIGGERS, 0 leaves the resource as it is).

    `throttled` is the share of periods [m]; `repeated` [m, 2]: it was in distress within the last hour already, and has
    been raised since. Of what an HPA scales the limit alone is raised.
    """
    scaled = facts.around.scaled
    aim = _aim(facts, active, throttled, repeated, parameters)
    has_request, has_limit = ~np.isnan(facts.request), ~np.isnan(facts.limit)
    ratio = np.where(has_request & has_limit & (active != _ABOVE_REQUEST), facts.request / facts.limit, 1.0)
    request = np.fmax(bounded(aim * ratio, facts.floor, facts.ceiling), facts.request)
    request = np.where(scaled, facts.request, request)
    with_request = limits_for(request, facts.request, facts.limit)
    # Where the ceiling stops the request, the ratio stops the limit.
    with_request = np.where((request >= facts.ceiling) & ~scaled, with_request, np.maximum(with_request, round_up(aim)))
    alone = bounded(aim, facts.floor, facts.ceiling)  # a limit without a request stays one
    limit = np.fmax(np.where(has_request, with_request, alone), facts.limit)
    still = (active == 0) | np.isnan(aim)
    return (
        np.where(still | (has_limit & ~has_request), facts.request, request),
        np.where(still | ~has_limit, facts.limit, limit),
    )


def _aim(
    facts: Facts, active: Array, throttled: Array, repeated: Array, parameters: SizingParameters
) -> Array:
    """Wanted limit: a factor on the present one, but no less than the peak with a margin and what is forecast.

    Memory that was killed, or is about to be, goes by `oom`; after a kill the p99 of the next 4 hours counts.
    """
    served = np.maximum(1.0 - throttled, 1e-3)[:, None]
    unthrottled = np.clip(1.0 / served, *parameters.throttled_raise)
    base = np.where(np.isnan(facts.limit), facts.request, facts.limit)
    killed, outgrows = active == _OOM_KILL, np.isin(active, (_OOM_KILL, _CROSSING_MEMORY))
    grown = growth(facts.around.low, facts.limit, repeated & killed, parameters)
    factor = np.where(outgrows, grown, parameters.urgent_raise)
    factor = np.where(active == _THROTTLED, unthrottled, factor)
    peak = np.fmax(facts.day_peak, facts.last) * parameters.urgent_raise
    foreseen = np.fmax(facts.demand, facts.forecast.maximum[:, :, -1, -1])
    # A forecast that knows little can be far off: it doubles a limit at most, as a kill does.
    forecast = np.where(killed, np.minimum(foreseen, base * parameters.repeated_raise), facts.demand)
    distress = np.fmax(np.fmax(base * factor, peak), forecast)
    aim: Array = np.where(active == _ABOVE_REQUEST, facts.last * parameters.above_raise, distress)
    return aim
