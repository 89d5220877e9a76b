"""A stated risk: which share of its samples may lie above a container's request.

    request = quantile, at a tracked level, of the highest sample of the hour that the forecast is for

The level is followed as the forecast's margins are (Gibbs & Candès, "Adaptive conformal inference under distribution
shift", NeurIPS 2021): a bucket with samples above the request raises it, one without lowers it, in proportion to the
stated share, so that in the long run that share is met whatever the data do. Levels are normal scores: 0 is the median,
1.64 p95; between the forecast's quantiles amounts are linear in them. Higher risk never means a larger request.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.decide.remembered import recalled
from engine.core.forecast import Forecast
from engine.core.forecast.window_maximum import LEVELS
from engine.core.placement import STAGES
from engine.core.rows import Array

if TYPE_CHECKING:
    from engine.core.decide.parameters import SizingParameters
    from engine.core.decide.state import DecideRows
    from engine.core.placement import PlacementRows
    from engine.core.state import SlotState

SCORES: Final = np.array([NormalDist().inv_cdf(level) for level in LEVELS])
LOWEST, HIGHEST = -1.5, 5.0
"""What is below the median and above p99 goes on in a straight line, this far."""
_STEP: Final = 0.004
_LEAST_RISK: Final = 0.004
"""Steps for a rarer event are not larger than for this share: one would move the level too far."""
_FULL: Final = STAGES.index("full")
_WINDOW: Final = 0
"""Of the forecast's windows, the next hour: after it there is a new forecast."""


def stated(placement: PlacementRows, rows: Array, parameters: SizingParameters) -> Array:
    """The share that holds for each of the rows: float64 [m, 2], NaN where none is stated.

    That of the policy, else that of the parameters.
    """
    own = placement.risk[rows].astype(np.float64)
    return own if parameters.risk is None else np.where(np.isnan(own), parameters.risk, own)


def count_above(slot: SlotState, rows: Array, value: Array, parameters: SizingParameters) -> None:
    """Counts new samples float64 [m, 2] (NaN = none) of rows int [m] without repeats, where a risk is stated.

    Where auto-pilot does not set the size, what counts is the size that stands recommended: a request that people keep
    too large says nothing of it.
    """
    counted = ~np.isnan(stated(slot.placement, rows, parameters))
    if not counted.any():
        return
    request = slot.placement.request[rows]
    said = recalled(slot.decide.published_request[rows], request)
    by_people = (slot.placement.stage[rows] != _FULL)[:, None] & ~np.isnan(said)
    count(slot.decide, rows, np.where(counted, value, np.nan), np.where(by_people, said, request))


def count(decide: DecideRows, rows: Array, value: Array, request: Array) -> None:
    """New samples float64 [m, 2] (NaN = none) of rows int [m] without repeats, and the requests that held."""
    decide.sampled[rows] += ~np.isnan(value)
    with np.errstate(invalid="ignore"):
        decide.above[rows] += value > request


def take_share(decide: DecideRows, rows: Array) -> Array:
    """Share of the samples counted that were above, float64 [m, 2], NaN without any; counts anew."""
    sampled = decide.sampled[rows]
    share: Array = np.where(sampled > 0, decide.above[rows] / np.maximum(sampled, 1), np.nan)
    decide.sampled[rows], decide.above[rows] = 0, 0
    return share


def learn(decide: DecideRows, rows: Array, risk: Array) -> None:
    """A bucket of these rows has closed: follow the level where a risk is stated ([m, 2], else NaN), and count anew."""
    moved = _STEP * (take_share(decide, rows) - risk) / np.maximum(risk, _LEAST_RISK)
    level = np.clip(decide.level[rows] + moved, LOWEST, HIGHEST)
    decide.level[rows] = np.where(np.isnan(moved), decide.level[rows], level)


def demand(forecast: Forecast, level: Array) -> Array:
    """The maximum of the next hour at levels [m, 2]: float64 [m, 2], cores and bytes, NaN without a forecast."""
    quantiles = forecast.maximum[:, :, _WINDOW]
    place = np.clip(np.searchsorted(SCORES, level) - 1, 0, len(SCORES) - 2)[..., None]
    low, high = np.take_along_axis(quantiles, place, axis=-1), np.take_along_axis(quantiles, place + 1, axis=-1)
    share = (level[..., None] - SCORES[place]) / (SCORES[place + 1] - SCORES[place])
    found: Array = np.maximum(low + (high - low) * share, 0.0)[..., 0]
    return found
