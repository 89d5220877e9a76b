"""The networks' weights, by cadence and resource: constants, each in a module of its own that training writes."""

from __future__ import annotations

from base64 import b85decode
from typing import Final

import numpy as np

from engine.core.nowcast import cpu_5_minutes, cpu_30_minutes, memory_5_minutes, memory_30_minutes
from engine.core.nowcast.features import FEATURES
from engine.core.nowcast.network import LEVELS, Weights
from engine.units import CPU, MEMORY, RESOURCES

CADENCES_S: Final = (300.0, 1800.0)
"""Times between two changes for which there are networks."""
_STORED: Final = {
    (CADENCES_S[0], CPU): cpu_5_minutes,
    (CADENCES_S[1], CPU): cpu_30_minutes,
    (CADENCES_S[0], MEMORY): memory_5_minutes,
    (CADENCES_S[1], MEMORY): memory_30_minutes,
}


def load() -> dict[tuple[float, int], Weights]:
    """By cadence in seconds and resource; stored as float16, in the order of `Weights`."""
    return {key: unpack(module.WEIGHTS, module.UNITS) for key, module in _STORED.items()}


def unpack(text: str, units: int) -> Weights:
    """The weights of a module's text."""
    levels = len(LEVELS)
    shapes = ((FEATURES, units), (units,), (units, units), (units,), (units, levels), (levels,), (FEATURES,))
    values = np.frombuffer(b85decode(text), "<f2").astype(np.float32)
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    parts = np.split(values, ends[:-1])
    return Weights(*(np.ascontiguousarray(part.reshape(shape)) for part, shape in zip(parts, shapes, strict=True)))


def module_of(cadence_s: float, resource: int) -> str:
    """Name of the module in which a network is kept."""
    return f"{RESOURCES[resource]}_{cadence_s / 60:.0f}_minutes"
