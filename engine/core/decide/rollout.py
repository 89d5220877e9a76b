"""A rollout, another pod template: history is kept, nothing is cut for a while, and a shift of usage is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.core.forecast import Forecast
from engine.core.placement import PlacementRows
from engine.core.rows import Array
from engine.units import BUCKET_S

if TYPE_CHECKING:
    from engine.core.decide.parameters import SizingParameters


def lately_rolled_out(placement: PlacementRows, rows: Array, time_s: float, parameters: SizingParameters) -> Array:
    """Whether the pod template has changed so shortly before that nothing is cut: bool [m]."""
    begun = placement.rollout_bucket[rows]
    age_s = time_s - begun * float(BUCKET_S)
    lately: Array = (begun >= 0) & (age_s < parameters.rollout_watch_s + BUCKET_S)
    return lately


def shift_since(lately: Array, latest: Forecast, last: Array) -> Array:
    """Whether usage lies above (1) or below (-1) all that is expected, since a rollout: int8 [m, 2], 0 within.

    The band is from the least p05 to the greatest p95 of the next 4 hours, `last` [m, 2] the newest samples.
    """
    low, high = np.fmin.reduce(latest.p05, axis=-1), np.fmax.reduce(latest.p95, axis=-1)
    with np.errstate(invalid="ignore"):
        shift = (last > high).astype(np.int8) - (last < low).astype(np.int8)
    return np.where(lately[:, None], shift, np.int8(0))
