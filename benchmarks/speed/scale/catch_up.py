"""The engine was down for half an hour: how fast does it catch up, and must what comes now wait for that?"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.speed.scale.backlog import write_backlog
from benchmarks.speed.scale.figures import Series, latencies
from benchmarks.speed.scale.fleet import Slot
from benchmarks.speed.scale.stack import PARTITIONS, Stack, StackError, wait_until
from benchmarks.speed.scale.warm import Warm
from benchmarks.speed.scale.watch import SCRAPE_S, Load, look, watch
from engine.identity import SMALL_SLOT

PER_CLUSTER: Final = 10_000
LIVE: Final = SMALL_SLOT
"""Containers of a cluster that has no backlog; its one slot has a partition for itself."""
LONGEST_S: Final = 900.0


def catch_up(
    warm: Warm, file: Path, containers: int, backlog_s: float, say: Callable[[str], None]
) -> dict[str, Any]:
    """Seconds for `backlog_s` of scrapes of about `containers`, and latencies of a cluster beside them."""
    with Stack() as stack:
        fleet = warm.clusters(containers, PER_CLUSTER, PARTITIONS)
        live = warm.clusters(LIVE, LIVE, PARTITIONS, prefix="live")
        stack.seed(warm, fleet | live)
        [apart] = {slot.partition for slots in live.values() for slot in slots}
        behind: list[Slot] = [slot for slots in fleet.values() for slot in slots if slot.partition != apart]
        until_s = time.time()
        times_s = np.arange(until_s - backlog_s, until_s, SCRAPE_S).tolist()
        messages, samples = write_backlog(stack.broker.bootstrap, behind, times_s, say)
        load = Load(
            stack, file, containers=LIVE, per_cluster=LIVE, prefix="live", seconds=LONGEST_S, spikes=2.0, scrape_s=1.0
        )
        load.wait_for_first()
        engine = stack.engine()
        start_s = wait_until(engine.is_ready, "the engine's start")
        say(f"ready after {start_s:.1f} s; {samples / 1e6:,.1f} million samples of {backlog_s / 60:.0f} minutes wait")
        ready_s = time.time()
        series: Series = []

        def goes_on() -> bool:
            if time.time() - ready_s > LONGEST_S:
                raise StackError(f"the backlog was not folded within {LONGEST_S:.0f} s")
            return not series or -series[-1]["lag"] < messages  # what is beyond the load's own

        watch(lambda: look(stack, engine, load), goes_on, series)
        done_s = time.time()
        time.sleep(10.0)
        told = load.end()
        seconds = done_s - ready_s
        return {
            "containers": sum(map(len, behind)),
            "samples": samples,
            "seconds": seconds,
            "samples_per_s": samples / seconds,
            "times_real_time": backlog_s / seconds,
            "cpu_s_per_million": (series[-1]["engine_cpu_s"] - series[0]["engine_cpu_s"]) / samples * 1e6,
            "beside_backlog": latencies(told["received"], ready_s, done_s),
            "afterwards": latencies(told["received"], done_s),
            "series": series,
        }
