"""What runs now and what it uses, by a handful of instant queries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from agents.collector.rosters import Integers, Usage
from agents.collector.sources.prometheus.api import Api, Series, together
from agents.collector.sources.prometheus.expressions import CONTAINER, LOOK_S, Expressions
from agents.collector.sources.prometheus.facts import Facts, Key, read_facts
from agents.collector.sources.prometheus.owners import Identity
from agents.collector.sources.prometheus.specs import specs_of
from engine.messages import ContainerSpec
from engine.units import RESOURCES

FACTS_S: Final = 30.0
"""Owners, sizes and nodes are asked for so often."""
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


class Live:
    """Remembers what was seen before: a scrape is told once, a kill is counted once."""

    def __init__(self, api: Api, expressions: Expressions) -> None:
        self._api, self._expressions = api, expressions
        self._facts: Facts | None = None
        self._facts_s = -np.inf
        self._told_s: dict[Identity, float] = {}
        self._restarts: dict[Key, float] = {}

    async def look(self, now_s: float) -> Look:
        """Raises QueryError, UserError."""
        if now_s - self._facts_s >= FACTS_S or self._facts is None:
            facts = Facts()
            await read_facts(self._api, self._expressions, now_s - LOOK_S, now_s, facts)
            self._facts, self._facts_s = facts, now_s
        return self.folded(await self._sampled(now_s), self._facts)

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

    async def _sampled(self, now_s: float) -> Sampled:
        asked = self._expressions
        oom, restarts = "kube_pod_container_status_last_terminated_reason", "kube_pod_container_status_restarts_total"
        expressions = [
            asked.latest_time(), asked.latest_cpu(), asked.latest_memory(), asked.latest_throttled(),
            asked.labels(restarts, CONTAINER, LOOK_S), asked.labels(oom, CONTAINER, LOOK_S, 'reason="OOMKilled"'),
        ]  # fmt: skip
        answers = await together([self._api.instant(expression, now_s) for expression in expressions])
        time_s, cpu, memory, throttled, told, killed = (dict(_values(answer)) for answer in answers)
        return Sampled(time_s, cpu, memory, throttled, told, frozenset(key for key, is_so in killed.items() if is_so))


def _values(answer: Sequence[Series]) -> Iterator[tuple[Key, float]]:
    for series in answer:
        labels = series.metric
        if series.value is not None and "pod" in labels:
            yield (labels["namespace"], labels["pod"], labels["container"]), series.value[1]
