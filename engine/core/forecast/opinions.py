"""What the experts said, as long as it waits to be scored: in bytes, as `days` are kept.

Experts that are near each other, as those of a calm series are, are told apart exactly; what they are later charged is
off by half a step of 1/253 of the span, in logarithms, between the lowest and the highest of them.
"""

from __future__ import annotations

import numpy as np

from engine.core.compiled import compiled
from engine.core.forecast import days
from engine.core.forecast.state import Series
from engine.core.rows import Array


def keep_opinions(codes: Array, ends: Array, series: Series, place: int, said: Array) -> None:
    """Write what was said, float32 [m, experts] (NaN = abstains), to codes [n, 2, places, experts] and their ends."""
    row, resource = np.array(series)
    _keep(codes, ends, row, resource, place, np.ascontiguousarray(said))


@compiled
def _keep(codes: Array, ends: Array, row: Array, resource: Array, place: int, said: Array) -> None:
    for series in range(len(said)):
        at = row[series], resource[series], place
        days.encode(said[series], codes[at], ends[at])


def kept_opinions(codes: Array, ends: Array, series: Series, place: int) -> Array:
    """What was said, float32 [m, experts], NaN = abstained."""
    row, resource = np.array(series)
    said = np.empty((len(row), codes.shape[-1]), np.float32)
    _recall(codes, ends, row, resource, place, said)
    return said


@compiled
def _recall(codes: Array, ends: Array, row: Array, resource: Array, place: int, said: Array) -> None:
    for series in range(len(said)):
        at = row[series], resource[series], place
        days.decode(codes[at], ends[at], said[series])
