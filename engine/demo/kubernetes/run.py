"""`trimtab demo-kubernetes` from start to end."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np
from rich.console import Console

from agents.collector.sources.datasets import datacentertraces
from engine.broker.clusters import declare_cluster
from engine.control_plane.build import programs as build
from engine.control_plane.development import DevelopmentCluster
from engine.core.rows import Array
from engine.demo.interrupts import interrupts_end_in_order
from engine.demo.kafka import kafka
from engine.demo.kubernetes.cluster import furnish
from engine.demo.kubernetes.history import send_history
from engine.demo.kubernetes.play import Play
from engine.demo.kubernetes.programs import Programs
from engine.demo.kubernetes.report import render
from engine.demo.kubernetes.settings import KubernetesDemoSettings
from engine.demo.kubernetes.summary import KubernetesSummary, summarise
from engine.demo.kubernetes.walk import STEP_S, Walk
from engine.demo.kubernetes.watch import PodWatch
from engine.demo.kubernetes.world import SHOP, demand, specs
from engine.demo.processes import Children
from engine.demo.recorded import Recorded, read_back
from engine.demo.run import make_room
from engine.demo.standing import in_order
from engine.codec import encode
from engine.units import DAY_S

STEPS_A_DAY = int(DAY_S // 300)


def run(settings: KubernetesDemoSettings, console: Console) -> KubernetesSummary:
    """Runs the demo, writes its results. Raises UserError, ChildError, StuckError; KeyboardInterrupt when stopped."""

    def say(text: str) -> None:
        console.print(text, highlight=False)

    usage = demand(datacentertraces(), settings.seed)
    past = settings.days * STEPS_A_DAY
    make_room(settings.out)
    build(say)
    started = time.monotonic()
    steps = max(4, round(settings.minutes * 60 / STEP_S))
    with interrupts_end_in_order(), TemporaryDirectory(prefix="trimtab-demo-") as scratch:
        with kafka(settings.broker, console) as (broker, name), DevelopmentCluster(progress=say) as kubernetes:
            pods = furnish(kubernetes, usage[:, past])
            say(f"{len(pods)} pods of {len(SHOP)} workloads run, with requests as people wrote them")
            cluster = declare_cluster(broker, name, len(specs()), "wall", author="demo")
            walk = Walk(kubernetes, usage[:, past:], by_workload(pods), steps)
            watch = PodWatch()
            watch.look(pods, {each.name: usage[row, past] for row, each in enumerate(SHOP)})
            programs = Programs.choose(broker, name, Path(scratch), kubernetes)
            rows = rows_of(usage[:, :past])
            with Children(settings.out / "logs") as children:
                send = lambda: send_history(broker, cluster, specs(), rows, time.time())  # noqa: E731
                Play(programs, cluster, children, walk, watch, send, say).run()
            recorded = asyncio.run(read_back(broker, name))
            _keep_logs(kubernetes, settings.out)
    summary = summarise(watch, walk.surges, recorded, time.monotonic() - started)
    _write(summary, watch, recorded, settings.out)
    return summary


def by_workload(pods: list[dict[str, object]]) -> dict[str, list[str]]:
    """Names of pods."""
    found: dict[str, list[str]] = {each.name: [] for each in SHOP}
    for pod in pods:
        metadata = pod["metadata"]
        assert isinstance(metadata, dict)
        found[metadata["labels"]["app"]].append(metadata["name"])
    return found


def rows_of(usage: Array) -> Array:
    """Usage [workloads, …] as rows of `specs()`: a DaemonSet's is that of each of its node types."""
    index = {each.name: row for row, each in enumerate(SHOP)}
    rows: Array = usage[np.array([index[spec.workload.partition("@")[0]] for spec in specs()])]
    return rows


def _keep_logs(kubernetes: DevelopmentCluster, out: Path) -> None:
    shutil.copytree(kubernetes.logs, out / "logs" / "kubernetes", dirs_exist_ok=True)


def _write(summary: KubernetesSummary, watch: PodWatch, recorded: Recorded, out: Path) -> None:
    text = msgspec.json.format(msgspec.json.encode(summary), indent=2)
    (out / "summary.json").write_bytes(text + b"\n")
    lines = [encode(decision) + b"\n" for decision in in_order(recorded.decisions)]
    (out / "decisions.jsonl").write_bytes(b"".join(lines))
    (out / "report.html").write_text(render(summary, watch, recorded))
