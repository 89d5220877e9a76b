"""What runs now and what it uses, by a handful of instant queries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from agents.collector.sources.prometheus.api import Api, Series, together
from agents.collector.sources.prometheus.expressions import CONTAINER, LOOK_S, Expressions
from agents.collector.sources.prometheus.facts import Facts, Key, read_facts
from agents.collector.sources.prometheus.folding import Folding, Look, Sampled
from agents.collector.sources.prometheus.kube_state import plain

FACTS_S: Final = 30.0
"""Owners, sizes and nodes are asked for so often."""


class Live:
    """One look after another."""

    def __init__(self, api: Api, expressions: Expressions) -> None:
        self._api, self._expressions = api, expressions
        self._facts: Facts | None = None
        self._facts_s = -np.inf
        self._folding = Folding()

    async def look(self, now_s: float, after_s: float) -> Look:
        """What is newer than `after_s`. Raises QueryError, UserError."""
        if now_s - self._facts_s >= FACTS_S or self._facts is None:
            facts = Facts()
            await read_facts(self._api, self._expressions, now_s - LOOK_S, now_s, facts)
            self._facts, self._facts_s = facts, now_s
        return self._folding.folded(await self._sampled(now_s), self._facts, after_s)

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
        labels = plain(series.metric)
        if series.value is not None and "pod" in labels:
            yield (labels["namespace"], labels["pod"], labels["container"]), series.value[1]
