"""CPU limits by the owner's policy: kept in their ratio (the default), none, a stated ratio, or by the forecast.

A limit that is not "kept" follows its policy whenever the request changes, and by itself when it has come to lie
outside of the dead band. A Guaranteed container keeps its limit, unless its class may change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.decide.qos import BURSTABLE, class_of
from engine.core.forecast.window_maximum import LEVELS
from engine.core.placement import CPU_LIMITS
from engine.core.rows import Array
from engine.core.steps import round_up
from engine.units import CPU

if TYPE_CHECKING:
    from engine.core.decide.facts import Facts
    from engine.core.decide.parameters import SizingParameters

KEEP, NONE, RATIO, FORECAST = range(len(CPU_LIMITS))
_P99: Final = LEVELS.index(0.99)
_FOUR_HOURS: Final = -1
"""Among the windows whose maximum is forecast."""


def by_policy(facts: Facts, request: Array, limit: Array, parameters: SizingParameters) -> Array:
    """Limits [m, 2] that go with the requests [m, 2]; those of `limit` wherever the policy has nothing to say."""
    kind = facts.around.cpu_limit_kind
    if (kind == KEEP).all():
        return limit
    free = ~facts.around.keep_qos | (class_of(facts.request, facts.limit) == BURSTABLE)
    free &= ~np.isnan(request[:, CPU])
    highest = facts.forecast.maximum[:, CPU, _FOUR_HOURS, _P99] * parameters.limit_margin
    wanted = np.where(kind == RATIO, request[:, CPU] * np.maximum(facts.around.cpu_limit_ratio, 1.0), highest)
    wanted = np.maximum(_round_up(wanted), request[:, CPU])
    wanted = np.maximum(wanted, np.nan_to_num(_round_up(facts.limit[:, CPU] * (1 - parameters.largest_cut))))
    wanted = np.where(wanted > facts.bounds.limit_ceiling[:, CPU], facts.bounds.limit_ceiling[:, CPU], wanted)
    asked = free & ((kind == RATIO) | (kind == FORECAST)) & ~np.isnan(wanted)
    # Where a LimitRange or a quota counts limits, pods without one are refused.
    removed = free & (kind == NONE) & np.isnan(facts.bounds.limit_ceiling[:, CPU])
    limit = limit.copy()
    limit[:, CPU] = np.where(asked, wanted, np.where(removed, np.nan, limit[:, CPU]))
    return limit


def limit_wishes(facts: Facts, parameters: SizingParameters) -> tuple[Array, Array]:
    """Whether each limit should be raised (or removed), or cut (or set), for its own sake: bool [m, 2] each."""
    wanted, limit = by_policy(facts, facts.request, facts.limit, parameters), facts.limit
    was, will_be = ~np.isnan(limit), ~np.isnan(wanted)
    with np.errstate(invalid="ignore"):
        up = (was & ~will_be) | (wanted > limit * (1 + parameters.band_up))
        down = (will_be & ~was) | (wanted < limit * (1 - parameters.band_down))
    return up, down


def _round_up(cores: Array) -> Array:
    steps: Array = round_up(np.stack([cores, cores], axis=-1))[..., CPU]
    return steps
