"""Nowcast: the highest usage of the next 5 or 30 minutes, and the request that costs least by it.

    samples ─▶ record ─▶ window ends: features ─▶ network (pooled quantiles) ─▶ price (idle against short) ─▶ request

The forecast says what the next hours bring and speaks on the hour; this speaks every five minutes, from the last sample
on, and is what sizes follow where they can be changed that often and a risk is stated.
"""

from engine.core.nowcast.price import learn_price, requests
from engine.core.nowcast.prior import CADENCES_S
from engine.core.nowcast.record import Ended, end_window, note
from engine.core.nowcast.sight import Sight, see
from engine.core.nowcast.state import NowcastRows
from engine.core.nowcast.warm_up import warm_up

__all__ = [
    "CADENCES_S",
    "Ended",
    "NowcastRows",
    "Sight",
    "end_window",
    "learn_price",
    "note",
    "requests",
    "see",
    "warm_up",
]
