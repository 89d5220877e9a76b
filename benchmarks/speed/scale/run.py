"""One run: a fleet of so many containers for so many seconds, everything watched once a second."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.speed.scale.stack import Stack, Usage, Worker, wait_until
from benchmarks.speed.scale.warm import Warm

LOAD: Final = "benchmarks.speed.scale.load"
PARTS: Final = ("agent and broker", "fetch and queue", "turn", "fold and send", "broker and fetch")
"""Of the way of a command: produced, appended, taken, folded, sent, received."""
SETTLE_S: Final = 20.0
"""At the start everything is late: the first scrapes come while the engine is still compiling and fetching."""


class Run:
    """What is watched while a load runs. `series`: a dict per second."""

    def __init__(self, stack: Stack, engine: Worker, out: Path) -> None:
        self.stack, self.engine, self.out = stack, engine, out
        self.series: list[dict[str, float]] = []

    def watch(self, seconds: float, load_pid: int, alive: Callable[[], bool]) -> None:
        began = time.time()
        while alive() and time.time() - began < seconds + 120:
            self.series.append(self._look(load_pid))
            time.sleep(1.0)

    def _look(self, load_pid: int) -> dict[str, float]:
        try:
            sent = json.loads(self.out.with_suffix(".progress.json").read_text())
        except (OSError, ValueError):
            sent = {}
        metrics = self.engine.metrics()
        pids = {"engine": self.engine.process.pid, "broker": self.stack.broker.pid, "load": load_pid}
        usage = {name: Usage.of(pid) for name, pid in pids.items()}
        messages = sum(sent.get(name, 0) for name in ("messages", "rosters", "outcomes"))
        return {
            "time_s": time.time(),
            "sent": float(messages),
            "samples_sent": float(sent.get("samples", 0)),
            "events": metrics["events_total"],
            "queue": metrics["queue_length"],
            "checkpoint_bytes": metrics["checkpoint_bytes_total"],
            "checkpoint_age_s": metrics["checkpoint_age_seconds"],
            "decisions": metrics.get("decisions_total", 0.0),
            "commands": metrics.get("commands_total", 0.0),
            **{f"{name}_cpu_s": u.cpu_s for name, u in usage.items()},
            **{f"{name}_rss": float(u.rss_bytes) for name, u in usage.items()},
        }


def scale(
    warm: Warm, warm_file: Path, containers: int, seconds: float, say: Callable[[str], None], per_cluster: int = 10_000,
    scrape_s: float = 15.0, spikes: float = 10.0, folder: Path | None = None, after: Any = None,
) -> dict[str, Any]:
    """Starts everything, runs the load, returns the figures. `after(stack, engine)`: what else to measure on it."""
    with Stack(folder) as stack:
        say(f"{containers:,} containers: writing their state")
        per_cluster = min(per_cluster, containers)
        seeded = stack.seed(warm, warm.clusters(containers, per_cluster, 12))
        engine = stack.engine()
        recovery_s = wait_until(engine.is_ready, "the engine's start")
        say(f"{seeded / 2**20:,.0f} MiB of state recovered {recovery_s:.1f} s after the start; load for {seconds:.0f} s")
        out = stack.home / "load.json"
        load = stack.program("load", LOAD, *_flags(stack, warm_file, containers, per_cluster, scrape_s, spikes, out, seconds))
        run = Run(stack, engine, out)
        wait_until(lambda: out.with_suffix(".progress.json").exists() or load.poll() is not None, "the load's start")
        run.watch(seconds, load.pid, lambda: load.poll() is None)
        result = figures(json.loads(out.read_text()), run.series, containers, seconds)
        result |= {"containers": containers, "seeded_bytes": seeded, "start_s": recovery_s}
        if after is not None:
            result |= after(stack, engine)
        return result


def _flags(stack: Stack, warm: Path, containers: int, per: int, scrape_s: float, spikes: float, out: Path, s: float) -> list[str]:
    flags = {
        "broker": stack.broker.bootstrap, "warm": warm, "containers": containers, "per-cluster": per,
        "scrape-s": scrape_s, "spikes": spikes, "seconds": s, "out": out,
    }
    return [part for name, value in flags.items() for part in (f"--{name}", str(value))]


def figures(load: dict[str, Any], series: list[dict[str, float]], containers: int, seconds: float) -> dict[str, Any]:
    """What a run came to. Rates are of the time after `SETTLE_S`."""
    first = next(s for s in series if s["sent"] > 0 and s["time_s"] >= series[0]["time_s"] + SETTLE_S)
    last = [s for s in series if s["sent"] > 0][-1]
    wall = last["time_s"] - first["time_s"]
    samples = last["samples_sent"] - first["samples_sent"]
    lag = np.array([s["sent"] - s["events"] for s in series if s["time_s"] >= first["time_s"]])
    half = len(lag) // 2
    return {
        "seconds": wall,
        "samples_per_s": samples / wall,
        "cores": {n: (last[f"{n}_cpu_s"] - first[f"{n}_cpu_s"]) / wall for n in ("engine", "broker", "load")},
        "cpu_s_per_million": {
            n: (last[f"{n}_cpu_s"] - first[f"{n}_cpu_s"]) / samples * 1e6 for n in ("engine", "broker", "load")
        },
        "rss_per_container": last["engine_rss"] / containers,
        "rss_max": {n: max(s[f"{n}_rss"] for s in series) for n in ("engine", "broker", "load")},
        "lag_messages": {"median_first_half": float(np.median(lag[:half])), "median_second_half": float(np.median(lag[half:])), "max": float(lag.max())},
        "checkpoint_bytes_per_s": (last["checkpoint_bytes"] - first["checkpoint_bytes"]) / wall,
        "checkpoint_age_max_s": max(s["checkpoint_age_s"] for s in series),
        "decisions_per_s": (last["decisions"] - first["decisions"]) / wall,
        "commands_per_s": (last["commands"] - first["commands"]) / wall,
        "load_late_s": load["tally"]["late_s"],
        "latency": latencies(load["received"], first["time_s"]),
        "series": series,
    }


def latencies(received: list[list[float]], since_s: float) -> dict[str, Any]:
    """Milliseconds from producer to executor: of urgent commands, of all, and of their parts (medians and p99)."""
    times = np.array(received, dtype=np.float64).reshape(-1, 7)
    times = times[times[:, 1] >= since_s]
    whole = (times[:, 6] - times[:, 1]) * 1000
    urgent = times[:, 0] > 0
    parts = np.diff(times[urgent, 1:], axis=1) * 1000
    return {
        "urgent": _quantiles(whole[urgent]),
        "all": _quantiles(whole),
        "parts": {name: _quantiles(parts[:, place]) for place, name in enumerate(PARTS)},
        "urgent_ms": np.round(whole[urgent], 2).tolist(),
    }


def _quantiles(values: Any) -> dict[str, float]:
    if not len(values):
        return {"n": 0}
    p50, p99, p999 = np.percentile(values, [50, 99, 99.9])
    return {"n": len(values), "p50": round(p50, 2), "p99": round(p99, 2), "p99.9": round(p999, 2), "max": round(values.max(), 2)}
