"""The QoS class of a container, and sizes that keep it.

Guaranteed: both limits are set and equal their requests. BestEffort: nothing is set. Burstable: all else. Guaranteed
stays so in both resources; Burstable does not become Guaranteed because two sizes are rounded to one, nor BestEffort.
What has no size yet has no class to keep: its first request makes it Burstable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.rows import Array
from engine.units import STEP

if TYPE_CHECKING:
    from engine.core.decide.facts import Facts

BEST_EFFORT, BURSTABLE, GUARANTEED = 0, 1, 2
_STEP: Final = np.array(STEP)
_LOWEST_STEPS: Final = 2
"""A request of a single step cannot give one away."""


def class_of(request: Array, limit: Array) -> Array:
    """Class of each row, int8 [m], from requests and limits [m, 2], NaN "not set"."""
    nothing = np.isnan(request).all(axis=1) & np.isnan(limit).all(axis=1)
    equal = (request == limit).all(axis=1)
    return np.select([equal, nothing], [np.int8(GUARANTEED), np.int8(BEST_EFFORT)], np.int8(BURSTABLE))


def keep_class(facts: Facts, request: Array, limit: Array) -> tuple[Array, Array]:
    """Requests and limits [m, 2] changed by as little as keeps the class, where it is to be kept and can be."""
    before, keep = class_of(facts.request, facts.limit), facts.around.keep_qos
    limit = np.where((keep & (before == GUARANTEED))[:, None], request, limit)
    merged = keep & (before == BURSTABLE) & (class_of(request, limit) == GUARANTEED)
    return _apart(facts, request, limit, merged)


def changes_class(facts: Facts, request: Array, limit: Array) -> Array:
    """Whether these sizes would change a class that is to be kept: bool [m]."""
    before = class_of(facts.request, facts.limit)
    changes: Array = facts.around.keep_qos & (before != BEST_EFFORT) & (class_of(request, limit) != before)
    return changes


def _apart(facts: Facts, request: Array, limit: Array, merged: Array) -> tuple[Array, Array]:
    """Takes a limit and a request that have become one a step apart again, in the resource in which they were two."""
    were_two = facts.request != facts.limit
    first = were_two & (np.cumsum(were_two, axis=1) == 1) & merged[:, None]
    higher = limit + _STEP
    room = ~(higher > facts.bounds.limit_ceiling)
    lower = request - _STEP
    give = ~room & ~(lower < facts.floor) & (request >= _LOWEST_STEPS * _STEP)
    return np.where(first & give, lower, request), np.where(first & room, higher, limit)
