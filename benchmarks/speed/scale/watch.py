"""Looks at everything every few seconds while a load runs."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.speed.scale.figures import Series
from benchmarks.speed.scale.stack import Stack, Usage, Worker, wait_until

LOAD: Final = "benchmarks.speed.scale.load"
SCRAPE_S: Final = 15.0
LOOK_EVERY_S: Final = 5.0
COUNTED: Final = {
    "events": "events_total", "queue": "queue_length", "checkpoint_bytes": "checkpoint_bytes_total",
    "checkpoint_age_s": "checkpoint_age_seconds", "decisions": "decisions_total", "commands": "commands_total",
    "watermark_lag_s": "watermark_lag_seconds:max", "folded": "samples:folded",
}


class Load:
    """The load process of a fleet, and what it has told so far."""

    def __init__(self, stack: Stack, warm: Path, name: str = "load", **flags: Any) -> None:
        self.out = stack.home / f"{name}.json"
        wanted = {"broker": stack.broker.bootstrap, "warm": warm, "out": self.out, "scrape-s": SCRAPE_S, **flags}
        arguments = [part for flag, value in wanted.items() for part in (f"--{flag.replace('_', '-')}", str(value))]
        self.process: subprocess.Popen[bytes] = stack.program(name, LOAD, *arguments)

    def sent(self) -> dict[str, float]:
        """Counts so far, empty before the first."""
        try:
            counts: dict[str, float] = json.loads(self.out.with_suffix(".progress.json").read_text())
        except (OSError, ValueError):
            return {}
        return counts

    def wait_for_first(self) -> None:
        wait_until(lambda: bool(self.sent().get("messages")) or not self.runs(), "the load's first message")

    def runs(self) -> bool:
        return self.process.poll() is None

    def end(self) -> dict[str, Any]:
        """Ends it if it runs, and returns what it has counted and received."""
        if self.runs():
            self.process.terminate()
        self.process.wait(60)
        result: dict[str, Any] = json.loads(self.out.read_text())
        return result


def look(stack: Stack, engine: Worker, load: Load) -> dict[str, float]:
    """One entry of a series; counts of the engine are those of this process."""
    sent, metrics = load.sent(), engine.metrics()
    seen = {name: metrics.get(metric, 0.0) for name, metric in COUNTED.items()}
    messages = sum(sent.get(name, 0.0) for name in ("messages", "rosters", "outcomes"))
    pids = {"engine": engine.process.pid, "broker": stack.broker.pid, "load": load.process.pid}
    for name, pid in pids.items():
        usage = Usage.of(pid)
        seen |= {f"{name}_cpu_s": usage.cpu_s, f"{name}_rss": float(usage.rss_bytes)}
    own = {"time_s": time.time(), "samples_sent": sent.get("samples", 0.0), "lag": messages - seen["events"]}
    return seen | own


def watch(look_once: Callable[[], dict[str, float]], goes_on: Callable[[], bool], series: Series) -> None:
    """Adds an entry to `series` every few seconds while `goes_on`."""
    while goes_on():
        began = time.monotonic()
        series.append(look_once())
        time.sleep(max(0.0, LOOK_EVERY_S - (time.monotonic() - began)))
