"""Each source's job: what it needs besides the settings that all have."""

from __future__ import annotations

import math
import time
from typing import Any

from structlog.stdlib import get_logger

from agents.collector.clock import ReplayClock, WallClock
from agents.collector.pace import Pace, Progress, ReplayPace, WallPace
from agents.collector.run import Job
from agents.collector.sender import Sender
from agents.collector.settings import CgroupSettings, CollectorSettings, ReplaySettings, SyntheticSettings
from agents.collector.source import Source
from agents.collector.sources import examples
from agents.collector.sources.cgroup import CgroupSource, check_root
from agents.collector.sources.datasets import DEFAULT_DAYS, datacentertraces
from agents.collector.sources.derive import spread
from agents.collector.sources.replay import ENDED, ORIGIN, POSITION, ReplaySource
from agents.collector.sources.scale import needs_scale, scaled
from agents.collector.sources.synthetic import SyntheticSource
from agents.collector.sources.windows import tick_of
from agents.collector.spool import Spool
from agents.collector.startup import Ground
from agents.simulated.cluster import SimulatedCluster
from engine.traces import Series, part_of, read_trace, span_s

log = get_logger(__name__)
ROOM: float = 0.5
"""A replay can wait: it takes nothing in while the spool is filled beyond this share of its bound."""


def replay_job(settings: ReplaySettings) -> Job:
    """Raises UserError for a trace that cannot be read."""
    trace, about = demand(settings)
    clock = ReplayClock(0.0)
    tick_s = tick_of(trace, settings.tick)

    def prepare(ground: Ground, spool: Spool) -> Source:
        cluster = ground.clusters[0]
        simulated = SimulatedCluster(settings.simulated_file)
        simulated.claim(cluster.name)
        origin = origin_of(settings)
        policies = {} if settings.examples_at is None else examples.policies()
        source = ReplaySource(trace, cluster, simulated, tick_s, origin, position(spool, origin), policies)
        clock.reached(source.reached_s)
        return source

    def pace(_: Source, sender: Sender, spool: Spool) -> Pace:
        start_s = min(float(series.time_s[0]) for series in trace)
        progress = Progress(settings.pace_url, [settings.cluster]) if settings.pace_url else None
        return ReplayPace(
            start_s, start_s + settings.fast_until, settings.speed, sender.emptied, lambda: has_room(settings, spool),
            progress, settings.pace_lag, settings.pace_lag_fast,
        )  # fmt: skip

    return Job([settings.cluster], "replay", clock, prepare, pace, about)


def demand(settings: ReplaySettings) -> tuple[list[Series], dict[str, Any]]:
    """The trace as it will be replayed, scaled, derived and cut as the settings say; and what was done to it."""
    trace = read_trace(settings.trace) if settings.trace else datacentertraces()
    days = settings.days or (DEFAULT_DAYS if settings.dataset else 0.0)
    scaled_because = needs_scale(trace) if settings.scale == "auto" else None
    if scaled_because:
        log.info("trace_scaled", why=scaled_because, p999_cpu_cores=2, p999_memory="4GiB")
        trace = scaled(trace)
    if settings.containers:
        log.info("trace_derived", series=len(trace), containers=settings.containers, by="scale, phase and noise")
        trace = spread(trace, settings.containers, days and settings.start_day + days, settings.seed)
    trace = part_of(trace, settings.start_day, days)
    if settings.examples_at is not None:
        log.info("examples_added", containers=examples.COUNT, why="each kind of decision has its occasion")
        trace = examples.with_examples(trace, span_s(trace)[0] + settings.examples_at, settings.seed)
    log.info("requests_assumed", rule="the maximum so far, raised daily; limits 2 x CPU, 1.5 x memory")
    about = {"derived": bool(settings.containers), "scaled_because": scaled_because, "requests_assumed": True}
    return trace, about | {"containers": len(trace)}


def origin_of(settings: ReplaySettings) -> str:
    """What a position in a replay depends on."""
    names = ("cluster", "trace", "dataset", "containers", "seed", "scale", "start_day", "days", "tick", "examples_at")
    return repr([str(getattr(settings, name)) for name in names])


def position(spool: Spool, origin: str) -> int:
    """Scrapes of this very replay that the spool has taken in; 0 begins anew, and so do the totals."""
    found = spool.fact(POSITION)
    same = isinstance(found, int) and spool.fact(ORIGIN) == origin
    if same and (found != ENDED or spool.waiting().messages):
        log.info("replay_goes_on", scrapes=found, waiting=spool.waiting().messages)
        return int(str(found))
    spool.reset_counters()
    return 0


def has_room(settings: CollectorSettings, spool: Spool) -> bool:
    return spool.waiting().bytes < ROOM * settings.spool_bytes


def cgroup_job(settings: CgroupSettings) -> Job:
    """Raises UserError where there is no cgroup v2 tree."""
    check_root(settings.root)

    def prepare(ground: Ground, spool: Spool) -> Source:
        spool.reset_counters()
        return CgroupSource(settings.root, ground.clusters[0], settings.interval, time.time)

    return Job([settings.cluster], "wall", WallClock(), prepare, lambda *_: WallPace(), {})


def synthetic_job(settings: SyntheticSettings) -> Job:
    wall = settings.clock == "wall"
    start_s = math.ceil(time.time() / settings.interval) * settings.interval if wall else settings.start

    def prepare(ground: Ground, spool: Spool) -> Source:
        spool.reset_counters()
        end_s = start_s + settings.duration if settings.duration else None
        return SyntheticSource(
            ground.clusters, settings.containers, settings.interval, settings.seed, start_s, end_s,
            settings.urgent_per_minute, closing=not wall,
        )  # fmt: skip

    def pace(_: Source, sender: Sender, spool: Spool) -> Pace:
        if wall:
            return WallPace()
        return ReplayPace(start_s, start_s, settings.speed, sender.emptied, lambda: has_room(settings, spool))

    clock = WallClock() if wall else ReplayClock(start_s)
    about = {"containers": settings.containers * settings.clusters, "seed": settings.seed}
    return Job(settings.names, settings.clock, clock, prepare, pace, about)
