"""The engine is killed while a fleet is scraped: when does the next command come, when is the lag as it was?"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.speed.scale.stack import PARTITIONS, Stack, StackError, Worker, wait_until
from benchmarks.speed.scale.warm import Warm
from benchmarks.speed.scale.watch import SCRAPE_S, Load

PER_CLUSTER: Final = 10_000
BEFORE_S: Final = 60.0
NORMAL_LAG_S: Final = SCRAPE_S + 3.0
"""The slot that waits longest for its next scrape has waited for one interval."""
LONGEST_S: Final = 300.0
MEMBER: Final = ("--instance-id", "bench")


def recovery(
    warm: Warm, file: Path, containers: int, say: Callable[[str], None], second: bool = False
) -> dict[str, Any]:
    """SIGKILL, then a start under the same name at once; with `second`, another worker takes over instead."""
    with Stack() as stack:
        seeded = stack.seed(warm, warm.clusters(containers, PER_CLUSTER, PARTITIONS))
        first = stack.engine("first", *(() if second else MEMBER))
        wait_until(first.is_ready, "the engine's start")
        other = stack.engine("second") if second else None
        if other is not None:
            wait_until(other.is_ready, "the second engine's start")
        seconds = 2 * BEFORE_S + 3 * LONGEST_S
        load = Load(stack, file, containers=containers, per_cluster=PER_CLUSTER, spikes=20.0, seconds=seconds)
        load.wait_for_first()
        workers = [first] if other is None else [first, other]
        lagged = not _has_normal_lag(workers)
        time.sleep(BEFORE_S)
        say("SIGKILL, with a lag that was not normal before" if lagged else "SIGKILL")
        killed_s = time.time()
        first.process.kill()
        first.process.wait()
        survivor = other or stack.engine("again", *MEMBER)
        wait_until(lambda: _took_over(survivor, containers), "the engine's return", LONGEST_S)
        ready_s = time.time()
        normal_s = time.time() if _has_normal_lag([survivor]) else None
        time.sleep(5.0)
        received = np.array(load.end()["received"]).reshape(-1, 7)
        after = received[(received[:, 3] > killed_s)]  # taken after the kill: none of the old process
        if not len(after):
            raise StackError("no command came after the kill")
        fresh = after[after[:, 1] > killed_s]
        return {
            "containers": containers,
            "state_bytes": seeded,
            "second_worker": second,
            "ready_s": ready_s - killed_s,
            # A second worker has commands of its own meanwhile: they say nothing of what it took over.
            "first_command_s": None if second else float(after[:, 6].min() - killed_s),
            "first_command_of_a_new_sample_s": float(fresh[:, 6].min() - killed_s) if len(fresh) else None,
            "lagged_before": lagged,
            "normal_lag_s": None if normal_s is None else normal_s - killed_s,
        }


def lag_s(workers: list[Worker]) -> float:
    """How far the slot that is furthest behind is behind the clock."""
    try:
        return max(worker.metrics().get("watermark_lag_seconds:max", np.inf) for worker in workers)
    except OSError:
        return np.inf


def _has_normal_lag(workers: list[Worker]) -> bool:
    """Waits for it; a fleet that is too large for the machine never has it, which is a result."""
    try:
        wait_until(lambda: lag_s(workers) < NORMAL_LAG_S, "a normal lag", LONGEST_S)
    except StackError:
        return False
    return True


def _took_over(worker: Worker, containers: int) -> bool:
    return worker.is_ready() and worker.metrics().get("containers", 0.0) >= containers
