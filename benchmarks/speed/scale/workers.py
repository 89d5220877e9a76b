"""Workers that come: how long is a partition in nobody's hands, and is anything lost or counted twice?"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.speed.scale.figures import latencies
from benchmarks.speed.scale.recovery import NORMAL_LAG_S, lag_s
from benchmarks.speed.scale.stack import PARTITIONS, Stack, Worker, wait_until
from benchmarks.speed.scale.warm import Warm
from benchmarks.speed.scale.watch import Load

PER_CLUSTER: Final = 10_000
STEPS: Final = (1, 2, 4)
CALM_S: Final = 30.0


def workers(warm: Warm, file: Path, containers: int, say: Callable[[str], None]) -> dict[str, Any]:
    """One worker, then two, then four, each with a name of its own; all samples are accounted for at the end."""
    with Stack() as stack:
        stack.seed(warm, warm.clusters(containers, PER_CLUSTER, PARTITIONS))
        running: list[Worker] = []
        steps: list[dict[str, Any]] = []
        load: Load | None = None
        for count in STEPS:
            began_s = time.time()
            while len(running) < count:
                name = f"worker-{len(running)}"
                running.append(stack.engine(name, "--instance-id", name))
            wait_until(lambda: _share(running, containers), f"{count} workers", 300.0)
            if load is None:
                load = Load(
                    stack, file, containers=containers, per_cluster=PER_CLUSTER, seconds=1200.0, spikes=20.0
                )
                load.wait_for_first()
            wait_until(lambda: lag_s(running) < NORMAL_LAG_S, "a normal lag", 300.0)
            steps.append({"workers": count, "began_s": began_s, "normal_s": time.time()})
            say(f"{count} in all")
            time.sleep(CALM_S)
        assert load is not None
        told = load.end()
        sent = told["tally"]["samples"]
        wait_until(lambda: _folded(running) >= sent, "the last samples", 60.0)
        return {
            "containers": containers,
            "samples_sent": sent,
            "samples_folded": _folded(running),
            "steps": [
                {
                    "workers": step["workers"],
                    "settled_s": step["normal_s"] - step["began_s"],
                    "longest_gap_s": longest_gap_s(running, step["began_s"], step["normal_s"]),
                    "latency": latencies(told["received"], step["normal_s"], step["normal_s"] + CALM_S)["urgent"],
                }
                for step in steps
            ],
        }


def _share(running: list[Worker], containers: int) -> bool:
    """Whether all are ready, hold something, and hold everything together."""
    if not all(worker.is_ready() for worker in running):
        return False
    held = [worker.metrics().get("containers", 0.0) for worker in running]
    return min(held) > 0 and sum(held) == containers


def _folded(running: list[Worker]) -> int:
    return int(sum(worker.metrics().get("samples:folded", 0.0) for worker in running))


def longest_gap_s(running: list[Worker], since_s: float, until_s: float) -> float:
    """Longest time between a revocation and the next `running` of a worker, by their logs."""
    longest = 0.0
    for worker in running:
        revoked: float | None = None
        for line in worker.log.read_text().splitlines():
            entry = json.loads(line) if line.startswith("{") else {}
            if "timestamp" not in entry:
                continue
            at_s = datetime.fromisoformat(entry["timestamp"]).timestamp()
            if entry.get("event") == "partitions_revoked":
                revoked = at_s
            elif entry.get("event") == "running" and revoked is not None:
                if since_s <= revoked <= until_s:
                    longest = max(longest, at_s - revoked)
                revoked = None
    return longest
