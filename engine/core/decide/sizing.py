"""From demand to a size: margins, bounds, steps, and limits in the ratio that they had.

All amounts are float64 [m, 2], by resource: cores and bytes, per replica; NaN is "not set" or "cannot say".
"""

from __future__ import annotations

import numpy as np

from engine.core.rows import Array
from engine.core.steps import round_nearest, round_up


def bounded(amount: Array, floor: Array, ceiling: Array) -> Array:
    """Raised to the floor, in whole steps, and no higher than the ceiling, which wins. NaN bounds are none."""
    raised = round_up(np.maximum(amount, np.where(np.isnan(floor), 0.0, floor)))
    return np.where(raised > ceiling, ceiling, raised)


def limits_for(target: Array, request: Array, limit: Array) -> Array:
    """Limits that go with the requests `target`, in the ratio of the current `limit` to `request`.

    An equal limit stays equal and one that is not set stays so: the QoS class does not change. Where the request does
    not change neither does the limit; a limit is never below its request.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = round_nearest(target * (limit / request))
    scaled = np.where(request > 0, scaled, limit)
    scaled = np.where(limit == request, target, np.maximum(scaled, target))
    unmoved = (target == request) | np.isnan(target)
    return np.where(unmoved | np.isnan(limit), limit, scaled)
