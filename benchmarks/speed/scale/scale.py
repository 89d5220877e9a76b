"""A fleet of so many containers at a scrape of 15 s, on the wall clock: does it keep up, and at what cost?"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.speed.scale.figures import Series, latencies, rates
from benchmarks.speed.scale.stack import PARTITIONS, Stack, wait_until
from benchmarks.speed.scale.warm import Warm
from benchmarks.speed.scale.watch import SCRAPE_S, Load, look, watch

PER_CLUSTER: Final = 10_000
SPIKES_PER_S: Final = 10.0
SETTLE_S: Final = 60.0
"""Not counted: the buckets that were due while the state was written close in the first two or three scrapes."""


def scale(warm: Warm, file: Path, containers: int, seconds: float, say: Callable[[str], None]) -> dict[str, Any]:
    """`warm`, which `file` holds too: state to begin with. `seconds`: how long the load runs after it has settled."""
    with Stack() as stack:
        say(f"{containers:,} containers: their state is written")
        per_cluster = min(PER_CLUSTER, containers)
        began = time.monotonic()
        seeded = stack.seed(warm, warm.clusters(containers, per_cluster, PARTITIONS))
        say(f"{seeded / 2**20:,.0f} MiB in {time.monotonic() - began:.0f} s; the engine recovers it")
        engine = stack.engine()
        start_s = wait_until(engine.is_ready, "the engine's start")
        say(f"ready after {start_s:.1f} s; load for {SETTLE_S + seconds:.0f} s")
        load = Load(
            stack, file, containers=containers, per_cluster=per_cluster, seconds=SETTLE_S + seconds, spikes=SPIKES_PER_S
        )
        load.wait_for_first()
        series: Series = []
        watch(lambda: look(stack, engine, load), load.runs, series)
        told = load.end()
        settled = [entry for entry in series if entry["time_s"] >= series[0]["time_s"] + SETTLE_S and entry["load_rss"]]
        return {
            "containers": containers,
            "scrape_s": SCRAPE_S,
            "state_per_container": seeded / containers,
            "start_s": start_s,
            "load_late_s": told["tally"]["late_s"],
            **rates(settled, containers),
            "latency": latencies(told["received"], settled[0]["time_s"]),
            "series": series,
        }
