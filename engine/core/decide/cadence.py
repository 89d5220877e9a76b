"""Which sizes follow the nowcast: where a risk is stated, and changes are made at once and in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.core.decide import risk
from engine.core.nowcast import CADENCES_S
from engine.core.placement import STAGES
from engine.core.rows import Array
from engine.units import BUCKET_S

if TYPE_CHECKING:
    from engine.core.decide.parameters import SizingParameters
    from engine.core.state import SlotState

_FULL = STAGES.index("full")


def decides_at(window: int, parameters: SizingParameters) -> bool:
    """Whether this window is the last before sizes may change again."""
    return window % max(round(parameters.cadence_s / BUCKET_S), 1) == 0


def by_window(slot: SlotState, rows: Array, parameters: SizingParameters) -> Array:
    """Rows int [m] that are decided on at the end of a window instead of a bucket: bool [m].

    A person cannot follow recommendations of every five minutes, nor a rollout: those are made by the hour.
    """
    place = slot.placement
    if parameters.cadence_s not in CADENCES_S:
        return np.zeros(len(rows), np.bool_)
    at_once = (place.stage[rows] == _FULL) & place.in_place[rows] & ~place.frozen[rows] & ~place.by_run[rows]
    by_risk = ~np.isnan(risk.stated(place, rows, parameters))
    chosen: Array = at_once & by_risk.any(axis=1)
    return chosen
