"""Demand of made-up containers, seeded: steps, spikes above the limits and memory that outgrows them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
INTERVAL_S: Final = 60
MIB: Final = float(2**20)


def write_demand(path: Path, seed: int, containers: int, hours: float) -> int:
    """Writes a CSV of the columns `series_id,timestamp_s,cpu,mem`, cores and bytes; returns the number of its rows."""
    random = np.random.default_rng(seed)
    times_s = np.arange(0, int(hours * 3600), INTERVAL_S)
    rows = [
        (f"svc{number:03d}", int(time_s), f"{cpu:.4f}", f"{memory:.0f}")
        for number in range(containers)
        for time_s, cpu, memory in zip(times_s, *_container(random, len(times_s)), strict=True)
    ]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("series_id", "timestamp_s", "cpu", "mem"))
        writer.writerows(rows)
    return len(rows)


def _container(random: np.random.Generator, length: int) -> tuple[Floats, Floats]:
    """CPU in cores and memory in bytes, each [length]."""
    cpu = random.uniform(0.1, 1.0) * _steps(random, length, 0.4, 3.0) * _noise(random, length, 0.10)
    spikes = random.random(length) < 0.01
    cpu = np.where(spikes, cpu * random.uniform(2.0, 5.0, length), cpu)
    memory = random.uniform(100, 800) * MIB * _steps(random, length, 0.7, 1.8) * _noise(random, length, 0.02)
    return cpu, memory


def _steps(random: np.random.Generator, length: int, low: float, high: float) -> Floats:
    """A level of 1 that is multiplied by something in low..high at a few moments."""
    level = np.ones(length)
    for start in random.integers(length // 8, length, size=3):
        level[start:] *= random.uniform(low, high)
    return level


def _noise(random: np.random.Generator, length: int, share: float) -> Floats:
    return np.exp(random.normal(0.0, share, length))
