"""The source of what a watcher sees: its past first, in each slot in the order of time, then what is live."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

import numpy as np

from agents.collector.message import samples_in
from agents.collector.rosters import Fleet
from agents.collector.source import GROUPS, Scrape
from agents.collector.sources.prometheus.folding import Look
from agents.collector.sources.prometheus.past import Past
from engine.messages import Cluster, Metrics, Roster

REACHED: Final = "reached_s"
"""Fact of the spool: all up to this time is in it, or was."""
IDLE_S: Final = 0.5
"""How soon it is looked again whether there is something to send."""
Due = tuple[float, list[Roster | Metrics], float]
"""When to send, what, and up to which time the past is then in the spool."""


class WatchedSource:
    """What a watcher beside it brings (`bring_past`, `bring_look`) becomes scrapes. `has_room`: the spool's."""

    def __init__(
        self, cluster: Cluster, interval_s: float, reached_s: float | None, has_room: Callable[[], bool],
        now_s: Callable[[], float],
    ) -> None:  # fmt: skip
        self._interval_s, self._has_room, self._now_s = interval_s, has_room, now_s
        self._fleet = Fleet(cluster)
        self.reached_s = reached_s
        """Up to here all was brought; None before the first."""
        self.past_s = -np.inf if reached_s is None else reached_s
        """Up to here it was brought as past, or before this process."""
        self._past: Past | None = None
        self._step = 0
        self._consumed = asyncio.Event()
        self._consumed.set()
        self._told = False
        self._due: deque[Due] = deque()

    async def bring_past(self, past: Past) -> None:
        """Waits until the stretch before is in the spool."""
        await self.consumed()
        self.reached_s = self.past_s = past.span.end_s
        self._consumed.clear()
        self._fleet.arrange(past.specs, range(len(past.specs)))
        self._past, self._step, self._told = past, 0, False

    async def consumed(self) -> None:
        """Until all of the past that was brought is in the spool."""
        await self._consumed.wait()

    def bring_look(self, look: Look, now_s: float) -> None:
        """To be called when the past is consumed."""
        assert self._past is None, "a slot's samples come in the order of time"
        time_s = now_s if look.time_s is None else look.time_s
        self._fleet.arrange(look.specs, range(len(look.specs)))
        slots: dict[int, list[Roster | Metrics]] = {}
        told: list[Roster | Metrics] = [*self._fleet.rosters(time_s), *self._fleet.metrics(time_s, look.usage)]
        for event in told:
            if isinstance(event, Roster) or _says_something(event):
                slots.setdefault(event.slot, []).append(event)
        self.reached_s = max(time_s, self.reached_s or 0.0)
        groups = [[event for slot in sorted(slots)[g::GROUPS] for event in slots[slot]] for g in range(GROUPS)]
        for number, events in enumerate(groups):
            if events:
                self._due.append((now_s + self._interval_s * number / GROUPS, events, self.reached_s))

    def next_s(self) -> float | None:
        if self._past is not None and self._has_room():
            return self._now_s()
        return self._due[0][0] if self._due else self._now_s() + IDLE_S

    def take(self) -> Scrape:
        if self._past is not None:
            return self._take_past(self._past) if self._has_room() else Scrape([])
        if not self._due or self._due[0][0] > self._now_s():
            return Scrape([])
        _, events, reached_s = self._due.popleft()
        return Scrape(events, {} if self._due else {REACHED: reached_s})

    def _take_past(self, past: Past) -> Scrape:
        if past.span.steps == 0:
            self._end_past()
            return Scrape([])
        time_s, usage = past.at(self._step)
        rosters = [] if self._told else self._fleet.rosters(time_s, everything=True)
        self._told = True
        self._step += 1
        reached_s = past.span.start_s + self._step * past.span.step_s
        if self._step == past.span.steps:
            self._end_past()
        metrics = [event for event in self._fleet.metrics(time_s, usage) if _says_something(event)]
        return Scrape([*rosters, *metrics], {REACHED: reached_s})

    def _end_past(self) -> None:
        self._past = None
        self._consumed.set()

    def skip_overdue(self, now_s: float) -> int:
        """Each look is of its own scrapes: none overtakes another."""
        return 0

    def rosters_lost(self) -> None:
        self._fleet.forget_sent()
        self._told = False


def _says_something(metrics: Metrics) -> bool:
    return samples_in(metrics) > 0 or metrics.oom_kills is not None

