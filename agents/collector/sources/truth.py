"""Known truth: what synthetic containers use at any time, as a pure function. Same seed, same usage, on any machine.

Randomness comes from a hash of (seed, container, purpose), so that any container at any time can be asked for alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.messages import Size
from engine.traces import Floats
from engine.units import CPU, DAY_S, GIB, MEMORY

Integers = NDArray[np.int64]
WEEK_S: Final = 7 * DAY_S
MIDDLE: Final = (0.2, 0.5 * GIB)
"""Geometric mean of the base level, by resource: cores, bytes."""
SPREAD: Final = (1.5, 1.2)
"""The base level is within a factor of e to this."""
SEASON: Final = (0.6, 0.15)
"""Greatest daily amplitude as a share of the level, by resource."""
WEEKEND: Final = (0.5, 0.1)
"""Greatest share by which weekends are lower."""
NOISE: Final = (0.10, 0.01)
"""Greatest relative noise."""
IDLE: Final = 0.1
"""Share of containers that do nothing."""
IDLE_LEVEL: Final = (0.001, 32.0 * 2**20)
HEADROOM: Final = (2.0, 1.5)
"""Largest request as a multiple of the highest usage: some are far too large, some just fit."""
OOM_KILL: Final = 1
THROTTLED: Final = 2
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Shape:
    """What does not change about n containers: all [n, 2] by resource, but `container` [n]."""

    seed: int
    container: Integers
    level: Floats
    season: Floats
    phase: Floats
    weekend: Floats
    idle: NDArray[np.bool_]

    @classmethod
    def of(cls, seed: int, container: Integers) -> Shape:
        idle = uniform(seed, container, 0) < IDLE
        draws = [_pair(seed, container, purpose) for purpose in (1, 3, 5, 7)]
        level = np.array(MIDDLE) * np.exp(np.array(SPREAD) * (2 * draws[0] - 1))
        return cls(
            seed,
            container,
            level=np.where(idle[:, None], np.array(IDLE_LEVEL), level),
            season=np.where(idle[:, None], 0.0, np.array(SEASON) * draws[1]),
            phase=draws[2],
            weekend=np.where(idle[:, None], 0.0, np.array(WEEKEND) * draws[3]),
            idle=idle,
        )

    def take(self, rows: Integers) -> Shape:
        season, phase, weekend = self.season[rows], self.phase[rows], self.weekend[rows]
        return Shape(self.seed, self.container[rows], self.level[rows], season, phase, weekend, self.idle[rows])


def usage(shape: Shape, time_s: float) -> Floats:
    """Usage [n, 2], cores and bytes: level × daily season × weekend × noise."""
    day = 1.0 + shape.season * np.sin(2 * np.pi * (time_s / DAY_S + shape.phase))
    weekday = int(time_s // DAY_S + 3) % 7  # 1970-01-01 was a Thursday, day 3 after Monday
    week = 1.0 - shape.weekend if weekday >= 5 else 1.0
    draws = _pair(shape.seed ^ round(time_s * 1000), shape.container, 9)
    value: Floats = shape.level * day * week * (1.0 + np.array(NOISE) * (2 * draws - 1))
    return value


def truth(seed: int, container: int, time_s: float) -> tuple[float, float]:
    """Cores and bytes that one container uses at a time, without urgent events."""
    value = usage(Shape.of(seed, np.array([container])), time_s)[0]
    return float(value[CPU]), float(value[MEMORY])


def urgent(seed: int, container: Integers, time_s: float, probability: float) -> Integers:
    """What befalls each container [n] in this scrape: 0 nothing, `OOM_KILL` or `THROTTLED`, half of the events each."""
    draw = uniform(seed ^ round(time_s * 1000), container, 11)
    return np.where(draw < probability / 2, OOM_KILL, np.where(draw < probability, THROTTLED, 0)).astype(np.int64)


def sizes(shape: Shape) -> list[Size]:
    """Requests between the highest usage and `HEADROOM` times it, limits twice the request."""
    highest = shape.level * (1 + shape.season) * (1 + np.array(NOISE))
    request = highest * (1 + (np.array(HEADROOM) - 1) * _pair(shape.seed, shape.container, 13))
    cpu = np.round(np.ceil(request[:, CPU] * 1000) / 1000, 3).tolist()
    memory = (np.ceil(request[:, MEMORY] / 2**20) * 2**20).tolist()
    return [Size(c, round(2 * c, 3), m, 2 * m) for c, m in zip(cpu, memory, strict=True)]


def uniform(seed: int, container: Integers, purpose: int) -> Floats:
    """[n] in [0, 1), by the finaliser of SplitMix64 (Steele, Lea, Flood 2014) over seed, purpose and container."""
    start = np.uint64((seed * 0x2545F4914F6CDD1D + purpose * 0xD1B54A32D192ED03) % 2**64)
    with np.errstate(over="ignore"):
        x = _mixed(container.astype(np.uint64) * _GOLDEN + _mixed(np.array([start])))
    return (x >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _pair(seed: int, container: Integers, purpose: int) -> Floats:
    """[n, 2] in [0, 1)."""
    return np.stack([uniform(seed, container, purpose), uniform(seed, container, purpose + 1)], axis=1)
