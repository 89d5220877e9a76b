"""river's `time_series` forecasters on named containers, instead of the built-in mixture.

The model is made anew at each origin and shown the series' hours, so that the state holds nothing of river's: a
replay gives the same forecast, bit for bit, and an upgrade of river cannot make a row of state unreadable.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from river import time_series

from engine.core.forecast.history import history
from engine.core.forecast.state import HOUR, LEADS, ForecastRows, Series
from engine.core.rows import Array
from engine.messages import Forecaster
from engine.units import RESOURCES

MODELS: Final[dict[str, Any]] = {
    name: found
    for name, found in vars(time_series).items()
    if inspect.isclass(found) and issubclass(found, time_series.base.Forecaster)
}
_STEPS: Final = tuple(max(1, lead // HOUR) for lead in LEADS)
_LONGEST: Final = 48
"""A regression over more lags than two days' hours would take longer than a bucket close may."""
_LONGEST_SEASON: Final = 168
_SEASONS: Final = ("seasonality", "m")


def check_forecaster(forecaster: Forecaster) -> str | None:
    """What is wrong with a policy's forecaster, in one sentence; None when it can be used."""
    model = MODELS.get(forecaster.model)
    if model is None:
        return f"expected a forecaster of river's time_series ({', '.join(sorted(MODELS))}), got {forecaster.model!r}"
    for name, value in forecaster.parameters.items():
        if wrong := _check_parameter(name, value):
            return f"{forecaster.model}: {wrong}"
    try:
        model(**forecaster.parameters)
    except Exception as error:  # a plug-in may raise anything, and none of it may stop the fold
        return f"{forecaster.model}: {error}"
    return None


def _check_parameter(name: str, value: Any) -> str | None:
    largest = _LONGEST_SEASON if name in _SEASONS else _LONGEST
    if value is None or isinstance(value, bool):
        return None
    if not isinstance(value, int | float) or not math.isfinite(value):
        return f"expected a number for {name}, got {value!r}"
    if not 0 <= value <= largest:
        return f"expected 0 to {largest} for {name} (in hours where it is a time), got {value!r}"
    return None


def replace(
    rows: ForecastRows, series: Series, bucket: int, p50: Array, named: Mapping[int, Forecaster]
) -> dict[int, str]:
    """Put the named forecasters' medians into p50 [m, leads], in place; rows that could not say, with the reason."""
    reasons = {}
    for position in np.flatnonzero(np.isin(series[0], list(named))):
        one = series[0][position : position + 1], series[1][position : position + 1]
        row, resource = int(one[0][0]), int(one[1][0])
        amounts = history(rows, one, bucket).means[0, ::-1] * rows.unit[one]
        try:
            p50[position] = _refit(named[row], amounts) / rows.unit[one]
        except Exception as error:  # a plug-in may raise anything, and none of it may stop the fold
            reasons[row] = f"{named[row].model} on {RESOURCES[resource]}: {error}; the built-in forecast is used"
    return reasons


def _refit(forecaster: Forecaster, amounts: Array) -> Array:
    """Forecast at the leads by a fresh model that has learned `amounts` (oldest first). Raises what river raises."""
    model = MODELS[forecaster.model](**forecaster.parameters)
    for value in _without_gaps(amounts):
        model.learn_one(value)
    path = model.forecast(horizon=max(_STEPS))
    said = np.array([path[step - 1] for step in _STEPS], np.float64)
    if not np.isfinite(said).all() or (said > np.finfo(np.float32).max).any():
        raise ValueError("its forecast is not finite")
    return np.maximum(said, 0).astype(np.float32)


def _without_gaps(amounts: Array) -> list[float]:
    """From the first hour known; gaps are filled with the value before, so that seasons stay in step."""
    known = np.flatnonzero(~np.isnan(amounts))
    if not len(known):
        return []
    newest = np.maximum.accumulate(np.where(np.isnan(amounts), known[0], np.arange(len(amounts))))
    filled: list[float] = amounts[newest[known[0] :]].tolist()
    return filled
