"""The request that costs least: what is requested, and a price for the share of samples that will be above it.

    cost(request) = E[the greater of request and highest sample] + price x usual usage x P(highest sample > request)

What lies above is requested all the same once it is seen, by the fast path. A change has a cost too, so that a request
stays while no other is expected to be cheaper by that much.

The price is what makes the stated risk the measured one: it rises while more samples are above the request than were
stated, and falls while fewer are; by a slow part that adds up (what the network gets wrong of this series) and a fast
one that does not (a bad day), as in the conformal PID control of Angelopoulos, Candès and Tibshirani (NeurIPS 2023);
its steps are larger at first (Angelopoulos, Barber and Bates, "Online conformal prediction with decaying step sizes",
ICML 2024).
Risk is so spent where it saves most: a steep quantile curve is left to the fast path, a flat one is covered.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.core.compiled import compiled
from engine.core.forecast.powers import exp2
from engine.core.nowcast.network import HIGHEST as FARTHEST
from engine.core.nowcast.network import LEVELS
from engine.core.nowcast.ratio import PAD
from engine.core.nowcast.sight import Sight
from engine.core.nowcast.state import NowcastRows
from engine.core.rows import Array
from engine.units import BUCKET_S

FIRST: Final = np.array([0.55, 4.5])
"""Where the price of CPU and memory begins, times the root of the stated share, where sizes change every window."""
LONGER: Final = -0.85
"""How that goes with the windows between two changes: this power of their number."""
SLOW: Final = np.array([0.001, 0.0005])
"""Step of the slow part, a window, in the end; a longer cadence takes as much longer ones."""
SOON, BEGIN = 200.0, 24.0
"""At first it is 1 + SOON / BEGIN times as much, 1 + SOON / (BEGIN + n) times after n windows."""
FAST: Final = 0.3
LATELY: Final = 0.01
"""Step of what is lately, a window: about eight hours."""
LOWEST, HIGHEST = -4.0, 9.0
"""Of the slow part."""
CHANGE: Final = 0.02
"""What a change in place costs: as much as this share of the usual usage idle for five minutes."""
_PARTS: Final = 4
"""Requests that are tried between two quantiles."""
_BEYOND: Final = 4
"""Quantiles, each half as rare as the one before, that are tried above the highest, in a straight line."""


def _shares() -> Array:
    """Expected share above what is tried, in the order in which it is tried, evenly in its logarithm between levels."""
    rarest = 1.0 - LEVELS[-1]
    at_levels = np.array([1.0 - level for level in LEVELS] + [rarest / 2.0**k for k in range(1, _BEYOND + 1)])
    places = np.arange((len(at_levels) - 1) * _PARTS + 1) / _PARTS
    shares: Array = np.exp(np.interp(places, np.arange(len(at_levels)), np.log(at_levels))).astype(np.float32)
    return shares


_SHARES: Final = _shares()
_LOG2_E: Final = np.float32(np.log2(np.e))
_ONE, _HALF, _NOTHING, _INFINITE = np.float32(1), np.float32(0.5), np.float32(0), np.float32(np.inf)


def learn_price(rows: NowcastRows, index: Array, share: Array, stated: Array, cadence_s: float) -> None:
    """A time between two changes is over for rows int [m]: `share` of samples above the request, `stated`; [m, 2].

    NaN: no samples, or no risk stated; then nothing is learned.
    """
    windows = cadence_s / BUCKET_S
    slow = SLOW * windows * (1.0 + SOON / (BEGIN + rows.windows[index]))
    known = ~np.isnan(share) & (stated > 0)
    missed = np.where(known, share / np.where(known, stated, 1.0) - 1.0, 0.0)
    rows.price[index] = np.where(known, np.clip(rows.price[index] + slow * missed, LOWEST, HIGHEST), rows.price[index])
    rows.debt[index] = np.where(
        known, rows.debt[index] + LATELY * windows * (missed - rows.debt[index]), rows.debt[index]
    )


def requests(rows: NowcastRows, sight: Sight, stated: Array, current: Array) -> Array:
    """The requests that cost least, float64 [m] in cores and bytes; the current one where another would not pay.

    stated: share float [m]. current: float64 [m], NaN = not set.
    """
    at = sight.row, sight.resource
    logarithm = rows.price[at] + FAST * rows.debt[at]
    first = FIRST[sight.resource] / np.sqrt(stated) * (sight.until_s / BUCKET_S) ** LONGER
    price = np.clip(first * np.exp(np.clip(logarithm, -20, 20)), 0.02, 1e5)
    found, pays = np.empty((2, len(sight.row)), np.float32)
    _cheapest(
        sight.quantiles,
        sight.level,
        (price * sight.usual).astype(np.float32),
        current.astype(np.float32),
        found,
        pays,
    )
    changed = ~(pays <= CHANGE * sight.usual * BUCKET_S / sight.until_s)
    return np.where(changed, found.astype(np.float64), current)


@compiled
def _cheapest(quantiles: Array, levels: Array, prices: Array, current: Array, found: Array, pays: Array) -> None:
    """Write the cheapest requests, and how much cheaper than the current ones they are expected to be."""
    tried = np.empty(len(_SHARES), np.float32)
    for place in range(len(quantiles)):
        _try(quantiles[place], levels[place], tried)
        price, now, above, best = prices[place], current[place], _NOTHING, _INFINITE
        now_cost = now  # where it lies above all that is tried
        for k in range(len(tried) - 1, -1, -1):
            short = _SHARES[k]
            if k + 1 < len(tried):
                further = (tried[k + 1] - tried[k]) * (short + _SHARES[k + 1]) * _HALF
                if tried[k] <= now < tried[k + 1]:
                    part = (now - tried[k]) / (tried[k + 1] - tried[k])
                    now_short = short + (_SHARES[k + 1] - short) * part
                    now_cost = now + above + further * (_ONE - part) + price * now_short
                above += further
            cost = tried[k] + above + price * short
            if cost < best:
                best, found[place] = cost, tried[k]
        if now < tried[0]:
            now_cost = above + tried[0] + price
        pays[place] = now_cost - best


@compiled
def _try(quantile: Array, level: np.float32, tried: Array) -> None:
    """Write the requests that are tried, float32, in rising order; what is expected above each is _SHARES."""
    last = len(quantile) - 1
    for k in range(len(tried)):
        below = min(k // _PARTS, last - 1)
        part = np.float32(k - below * _PARTS) / np.float32(_PARTS)
        apart = min(quantile[below] + (quantile[below + 1] - quantile[below]) * part, FARTHEST)
        tried[k] = max(((_ONE + PAD) * exp2(apart * _LOG2_E) - PAD) * level, _NOTHING)
