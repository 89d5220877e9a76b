"""The replay: a trace is the demand of containers, usage is what the simulated cluster lets through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from msgspec.structs import replace

from agents.collector.names import sanitised, unique
from agents.collector.rosters import Fleet, Usage
from agents.collector.source import Scrape
from agents.collector.sources.assume import NODE_TYPE, Assumptions
from agents.collector.sources.windows import Window, windows
from agents.simulated.cluster import SimulatedCluster
from agents.simulated.usage import let_through
from engine.identity import container_id
from engine.messages import Cluster, ContainerSpec, Metrics, Policy, Roster, Size
from engine.traces import Floats, Series, span_s

CONTAINER: Final = "app"
NAMESPACES: Final = ("team-a", "team-b")
LAST_ROSTER_S: Final = 600.0
"""After the last sample: by then every bucket that holds one is due, whatever its slot's stagger."""
POSITION: Final = "replay_position"
ENDED: Final = -1
"""As a position: all was taken in."""
ORIGIN: Final = "replay_origin"


def specs_of(trace: list[Series], policies: Mapping[str, Policy] | None = None) -> list[ContainerSpec]:
    """A container for each series; its namespaces alternate, so that half of them can be addressed by one.

    `policies`: what owners ask for, by the name of the series.
    """
    workloads = unique(sanitised(series.name) for series in trace)
    return [
        ContainerSpec(
            namespace=NAMESPACES[number % 2],
            workload=workload,
            container=CONTAINER,
            node_type=NODE_TYPE,
            assumed=True,
            policy=(policies or {}).get(trace[number].name),
        )
        for number, workload in enumerate(workloads)
    ]


class ReplaySource:
    """Goes on after `done` scrapes (`ENDED`: there are no more). `origin`: which trace and options that belongs to.

    Each scrape: the cluster's clock is set, new containers appear, assumed requests are raised, and if sizes changed
    (by us or by an executor) new rosters go before the metrics. At the end a last roster closes the last buckets.
    """

    def __init__(
        self,
        trace: list[Series],
        cluster: Cluster,
        simulated: SimulatedCluster,
        tick_s: float,
        origin: str,
        done: int = 0,
        policies: Mapping[str, Policy] | None = None,
    ) -> None:
        self._simulated = simulated
        self._specs = specs_of(trace, policies)
        self._names = [container_id(cluster.name, s.namespace, s.workload, s.container) for s in self._specs]
        self._rows = {(s.namespace, s.workload, s.container): row for row, s in enumerate(self._specs)}
        self._assumptions = Assumptions(trace)
        self._fleet = Fleet(cluster)
        self._limit = np.full((len(trace), 2), np.nan)
        self._present: set[int] = set()
        self._version: int | None = None
        self.start_s, self._end_s = span_s(trace)
        self._origin = origin
        self._windows = windows(trace, tick_s)
        self._done, self.reached_s = 0, self.start_s
        self._ended = done == ENDED
        self._window = None if self._ended else next(self._windows, None)
        if done:
            self._resume(done)

    def next_s(self) -> float | None:
        if self._window is not None:
            return self._window.time_s
        return None if self._ended else self._end_s + LAST_ROSTER_S

    def take(self) -> Scrape:
        if self._window is None:
            self._ended = True
            self._simulated.set_clock(self._end_s + LAST_ROSTER_S)
            self._read_sizes()
            return Scrape(self._fleet.rosters(self._end_s + LAST_ROSTER_S, everything=True), {POSITION: ENDED})
        window = self._window
        self._simulated.set_clock(window.time_s)
        self._people_adjust(window)
        self._read_sizes()
        usage = self._through(window)
        self._advance()
        events: list[Roster | Metrics] = [*self._fleet.rosters(window.time_s)]
        events += self._fleet.metrics(window.time_s, usage)
        return Scrape(events, {POSITION: self._done, ORIGIN: self._origin})

    def skip_overdue(self, now_s: float) -> int:
        return 0

    def rosters_lost(self) -> None:
        self._fleet.forget_sent()

    def _resume(self, done: int) -> None:
        """Brings what people know to where the replay was stopped; `reached_s` is that time."""
        if self._ended:
            self.reached_s = self._end_s + LAST_ROSTER_S
        while self._window is not None and self._done < done:
            self.reached_s = self._window.time_s
            self._present.update(self._window.series.tolist())
            self._assumptions.raises(self._window.time_s)
            self._advance()
        self._put(sorted(self._present))

    def _advance(self) -> None:
        assert self._window is not None
        self._assumptions.observe(self._window)
        self._window = next(self._windows, None)
        self._done += 1

    def _people_adjust(self, window: Window) -> None:
        new = [row for row in window.series.tolist() if row not in self._present]
        if new:
            self._present.update(new)
            self._put(new)
        for row, size in self._assumptions.raises(window.time_s).items():
            if row in self._present:
                self._simulated.assume(self._names[row], size)

    def _put(self, rows: list[int]) -> None:
        """The cluster keeps the sizes of those that it has."""
        self._simulated.put([replace(self._specs[row], size=self._assumptions.size(row)) for row in rows])

    def _read_sizes(self) -> None:
        """The version first: a write in between is then seen again with the next scrape."""
        version = self._simulated.version()
        if version == self._version:
            return
        self._version = version
        specs = [s for s in self._simulated.containers() if self._row(s) is not None]
        rows = [self._rows[s.namespace, s.workload, s.container] for s in specs]
        for row, spec in zip(rows, specs, strict=True):
            self._limit[row] = _limits(spec.size)
        self._fleet.arrange(specs, rows)

    def _row(self, spec: ContainerSpec) -> int | None:
        """None for containers that are not of this trace."""
        return self._rows.get((spec.namespace, spec.workload, spec.container))

    def _through(self, window: Window) -> Usage:
        """Usage of all containers; NaN for those without a row in this scrape."""
        value = np.full_like(self._limit, np.nan)
        throttled = np.full(len(value), np.nan)
        kills = np.zeros(len(value), np.int64)
        times_s = np.full(len(value), window.time_s)
        at = window.series
        value[at], throttled[at], kills[at] = let_through(window.value, self._limit[at])
        times_s[at] = window.row_s
        return Usage(value, throttled, kills, times_s)


def _limits(size: Size) -> Floats:
    """[2], NaN for none."""
    return np.array([np.nan if limit is None else limit for limit in (size.cpu_limit, size.memory_limit)])
