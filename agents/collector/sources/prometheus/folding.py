"""Containers of pods, folded to those of workloads: what one look at a cluster has to say.

Pure: the sources that look (Prometheus, OTLP) bring what they saw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from agents.collector.rosters import Integers, Usage
from agents.collector.sources.prometheus.facts import Facts, Key
from agents.collector.sources.prometheus.owners import Identity
from agents.collector.sources.prometheus.specs import specs_of
from engine.messages import ContainerSpec
from engine.units import RESOURCES

ROW_AGE_S: Final = 60.0
"""Rows of a message are at most so much older than the message: the engine's rule."""


class Sampled(NamedTuple):
    """By container of a pod: the latest scrape's time, cores, bytes, and share of throttled periods."""

    time_s: Mapping[Key, float]
    cpu: Mapping[Key, float]
    memory: Mapping[Key, float]
    throttled: Mapping[Key, float]
    restarts: Mapping[Key, float]
    killed: frozenset[Key]
    """Those whose last end was an OOM kill."""


@dataclass(frozen=True)
class Look:
    """One look at the cluster. `time_s`: of the latest scrape in it, None where nothing is new."""

    time_s: float | None
    specs: list[ContainerSpec]
    usage: Usage


class Folding:
    """Remembers what was seen before: a scrape is told once, a kill is counted once."""

    def __init__(self) -> None:
        self._told_s: dict[Identity, float] = {}
        self._restarts: dict[Key, float] = {}

    def folded(self, sampled: Sampled, facts: Facts) -> Look:
        """Replicas to the largest. A container is told when one of them has a new scrape, with what the others had."""
        identities = {key: identity for key in sampled.time_s if (identity := facts.identify(*key)) is not None}
        specs = specs_of(facts, set(identities.values()))
        rows = {identity: row for row, identity in enumerate(specs)}
        value = np.full((len(rows), len(RESOURCES)), np.nan)
        throttled, times_s = np.full(len(rows), np.nan), np.full(len(rows), -np.inf)
        for key, identity in identities.items():
            row = rows[identity]
            times_s[row] = max(times_s[row], sampled.time_s[key])
            value[row] = np.fmax(value[row], (sampled.cpu.get(key, np.nan), sampled.memory.get(key, np.nan)))
            throttled[row] = np.fmax(throttled[row], sampled.throttled.get(key, np.nan))
        told_s = np.array([self._told_s.get(identity, -np.inf) for identity in rows])
        new = (times_s > told_s) & (times_s >= np.max(times_s, initial=-np.inf) - ROW_AGE_S)
        self._told_s = dict(zip(rows, np.maximum(told_s, times_s).tolist(), strict=True))
        value[~new], throttled[~new] = np.nan, np.nan
        kills = self._kills(sampled, rows, facts)
        time_s = float(times_s[new].max()) if new.any() else None
        return Look(time_s, list(specs.values()), Usage(value, throttled, kills, np.where(new, times_s, np.nan)))

    def _kills(self, sampled: Sampled, rows: Mapping[Identity, int], facts: Facts) -> Integers:
        kills = np.zeros(len(rows), np.int64)
        for key, restarts in sampled.restarts.items():
            identity = facts.identify(*key) if key in sampled.killed else None
            before = self._restarts.get(key, restarts)  # what happened before the first look is not news
            if identity is not None and identity in rows and restarts > before:
                kills[rows[identity]] += round(restarts - before)
        self._restarts = dict(sampled.restarts)
        return kills
