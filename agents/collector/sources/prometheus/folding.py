"""Containers of pods, folded to those of workloads: what one look at a cluster has to say.

Pure: the sources that look (Prometheus, OTLP) bring what they saw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.collector.rosters import Floats, Integers, Usage
from agents.collector.sources.prometheus.facts import Facts, Key
from agents.collector.sources.prometheus.owners import Identity
from agents.collector.sources.prometheus.specs import specs_of
from engine.messages import ContainerSpec
from engine.units import CPU, RESOURCES

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


@dataclass
class _Heard:
    """Of n rows: `value` and `total` [n, 2] of the largest replica and of all, and what else there is of each."""

    value: Floats
    total: Floats
    throttled: Floats
    times_s: Floats
    replicas: Integers
    node_types: list[str]

    @classmethod
    def of(cls, count: int) -> _Heard:
        value = np.full((count, len(RESOURCES)), np.nan)
        none = np.full(count, np.nan)
        return cls(value, value.copy(), none, np.full(count, -np.inf), np.zeros(count, np.int64), [""] * count)

    def take(self, row: int, key: Key, sampled: Sampled, node_type: str) -> None:
        """One more replica."""
        used = np.array([sampled.cpu.get(key, np.nan), sampled.memory.get(key, np.nan)])
        if used[CPU] > np.nan_to_num(self.value[row, CPU], nan=-1.0):
            self.node_types[row] = node_type
        self.times_s[row] = max(self.times_s[row], sampled.time_s[key])
        self.value[row] = np.fmax(self.value[row], used)
        both = np.isnan(self.total[row]) & np.isnan(used)
        self.total[row] = np.where(both, np.nan, np.nan_to_num(self.total[row]) + np.nan_to_num(used))
        self.throttled[row] = np.fmax(self.throttled[row], sampled.throttled.get(key, np.nan))
        self.replicas[row] += 1

    def usage(self, new: NDArray[np.bool_], node_types: Sequence[str | None], kills: Integers) -> Usage:
        """Of the rows that are `new`; nothing of the others. `node_types` are the roster's."""
        for column in (self.value, self.total, self.throttled):
            column[~new] = np.nan
        told = zip(new.tolist(), self.node_types, node_types, strict=True)
        elsewhere = [there if is_new and there and there != here else None for is_new, there, here in told]
        times_s = np.where(new, self.times_s, np.nan)
        return Usage(self.value, self.throttled, kills, times_s, self.total, self.replicas, elsewhere)


class Folding:
    """Remembers what was seen before: a scrape is told once, a kill is counted once."""

    def __init__(self) -> None:
        self._told_s: dict[Identity, float] = {}
        self._restarts: dict[Key, float] = {}

    def folded(self, sampled: Sampled, facts: Facts, after_s: float = -np.inf) -> Look:
        """Replicas to the largest. A container is told when one of them has a new scrape, with what the others had.

        What is not from after `after_s` has been told already: as the past, or before a restart.
        """
        identities = {key: identity for key in sampled.time_s if (identity := facts.identify(*key)) is not None}
        specs = specs_of(facts, set(identities.values()))
        rows = {identity: row for row, identity in enumerate(specs)}
        heard = _Heard.of(len(rows))
        for key, identity in identities.items():
            heard.take(rows[identity], key, sampled, facts.node_type(*key[:2]))
        told_s = np.array([max(after_s, self._told_s.get(identity, -np.inf)) for identity in rows])
        times_s = heard.times_s
        new = (times_s > told_s) & (times_s >= np.max(times_s, initial=-np.inf) - ROW_AGE_S)
        self._told_s = dict(zip(rows, np.maximum(told_s, times_s).tolist(), strict=True))
        time_s = float(times_s[new].max()) if new.any() else None
        types = [spec.node_type for spec in specs.values()]
        return Look(time_s, list(specs.values()), heard.usage(new, types, self._kills(sampled, rows, facts)))

    def _kills(self, sampled: Sampled, rows: Mapping[Identity, int], facts: Facts) -> Integers:
        kills = np.zeros(len(rows), np.int64)
        for key, restarts in sampled.restarts.items():
            identity = facts.identify(*key) if key in sampled.killed else None
            before = self._restarts.get(key, restarts)  # what happened before the first look is not news
            if identity is not None and identity in rows and restarts > before:
                kills[rows[identity]] += round(restarts - before)
        self._restarts = dict(sampled.restarts)
        return kills
