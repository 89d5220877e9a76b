"""History of a large fleet from Kafka into durable state, as fast as one engine process folds it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from benchmarks.speed.scale.backlog import write_backlog
from benchmarks.speed.scale.figures import Series
from benchmarks.speed.scale.stack import PARTITIONS, Stack, StackError, Usage, Worker, wait_until
from benchmarks.speed.scale.warm import Warm
from benchmarks.speed.scale.watch import SCRAPE_S, watch

PER_CLUSTER: Final = 10_000
LONGEST_S: Final = 2400.0


def bulk(warm: Warm, containers: int, millions: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Seconds until so many million samples are folded, and until all that followed is durable."""
    with Stack() as stack:
        fleet = warm.clusters(containers, PER_CLUSTER, PARTITIONS)
        stack.seed(warm, fleet)
        scrapes = round(millions * 1e6 / containers)
        until_s = time.time()
        times_s = (until_s - SCRAPE_S * np.arange(scrapes, 0, -1)).tolist()
        slots = [slot for slots in fleet.values() for slot in slots]
        messages, samples = write_backlog(stack.broker.bootstrap, slots, times_s, say)
        engine = stack.engine()
        wait_until(engine.is_ready, "the engine's start")
        began_s = time.time()
        say(f"ready; {samples / 1e6:,.0f} million samples wait")
        series: Series = []

        def goes_on() -> bool:
            if time.time() - began_s > LONGEST_S:
                raise StackError(f"the samples were not folded within {LONGEST_S:.0f} s")
            return not series or series[-1]["events"] < messages

        watch(lambda: _look(engine), goes_on, series)
        folded_s = time.time() - began_s
        wait_until(lambda: engine.metrics()["dirty_slots"] == 0, "a durable state", 900.0, 1.0)
        durable_s = time.time() - began_s
        return {
            "containers": containers,
            "samples": samples,
            "folded_s": folded_s,
            "durable_s": durable_s,
            "samples_per_s": samples / durable_s,
            "cpu_s_per_million": (series[-1]["engine_cpu_s"] - series[0]["engine_cpu_s"]) / samples * 1e6,
            "series": series,
        }


def _look(engine: Worker) -> dict[str, float]:
    metrics = engine.metrics()
    usage = Usage.of(engine.process.pid)
    return {
        "time_s": time.time(),
        "events": metrics["events_total"],
        "checkpoint_bytes": metrics["checkpoint_bytes_total"],
        "engine_cpu_s": usage.cpu_s,
        "engine_rss": float(usage.rss_bytes),
    }
