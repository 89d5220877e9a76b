"""What a request costs beside its usage: what is idle, and what is short at a price that follows from the risk.

A core or GiB short costs (1 - r) / r times one that is idle, where r is the stated risk: at that price the request that
is cheapest on average is the one that is exceeded with probability r (the newsvendor's critical ratio; Arrow, Harris &
Marschak, "Optimal inventory policy", Econometrica 1951). Where no risk is stated it is the 5 % of the 95 % quantile
that sizes rest on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.decide.risk import stated
from engine.core.rows import Array

if TYPE_CHECKING:
    from engine.core.decide.parameters import SizingParameters
    from engine.core.placement import PlacementRows

_USUAL_RISK: Final = 0.05
_DEAREST: Final = 1e6
"""A risk of 0 has a price, too."""


def risk_of(placement: PlacementRows, rows: Array, parameters: SizingParameters) -> Array:
    """Share of time for which the request of each row int [m] may be exceeded, by resource: float64 [m, 2]."""
    risk = stated(placement, rows, parameters)
    return np.where(np.isnan(risk), _USUAL_RISK, risk)


def odds(risk: Array) -> Array:
    """Price of shortage as a multiple of that of idle request, for a risk of any shape."""
    with np.errstate(divide="ignore"):
        price: Array = np.minimum((1.0 - risk) / risk, _DEAREST)
    return price


def burden(request: Array, mean: Array, peak: Array, price: Array) -> Array:
    """Idle amount plus shortage at its `price` [m, 2]: float64 [m, 2], 0 without a sample; a request not set is 0."""
    size = np.nan_to_num(request)
    found = np.maximum(size - mean, 0.0) + price * np.maximum(peak - size, 0.0)
    return np.where(np.isnan(mean), 0.0, found)
