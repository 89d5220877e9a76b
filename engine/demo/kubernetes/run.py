"""`trimtab demo-kubernetes` from start to end."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
import numpy as np
from rich.console import Console

from agents.collector.sources.datasets import datacentertraces
from engine.broker.clusters import declare_cluster
from engine.codec import encode
from engine.control_plane.build import programs as build
from engine.control_plane.development import DevelopmentCluster
from engine.core.rows import Array
from engine.demo.interrupts import interrupts_end_in_order
from engine.demo.kafka import kafka
from engine.demo.kubernetes.cluster import furnish
from engine.demo.kubernetes.history import first_change_s, send_history
from engine.demo.kubernetes.play import Play, Say
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
from engine.identity import slot_key
from engine.shell.context import shipped_context
from engine.units import BUCKET_S, DAY_S

START_S: Final = 30.0
"""Engine and agents start within it, about."""
AFTER_S: Final = 60.0
"""It goes on so long after the first sizes."""
STEPS_A_DAY: Final = int(DAY_S // BUCKET_S)


def run(settings: KubernetesDemoSettings, console: Console) -> KubernetesSummary:
    """Runs the demo, writes its results. Raises UserError, ChildError, StuckError; KeyboardInterrupt when stopped."""

    def say(text: str) -> None:
        console.print(text, highlight=False)

    usage = demand(datacentertraces(), settings.seed)
    make_room(settings.out)
    build(say)
    started = time.monotonic()
    with (
        interrupts_end_in_order(),
        TemporaryDirectory(prefix="trimtab-demo-") as scratch,
        kafka(settings.broker, console) as (broker, name),
        DevelopmentCluster(progress=say) as kubernetes,
    ):
        programs = Programs.choose(broker, name, Path(scratch), kubernetes)
        walk, watch = live(settings, programs, usage, say)
        recorded = asyncio.run(read_back(broker, name))
        shutil.copytree(kubernetes.logs, settings.out / "logs" / "kubernetes", dirs_exist_ok=True)
    summary = summarise(watch, walk.surges, recorded, time.monotonic() - started)
    _write(summary, watch, recorded, settings.out)
    return summary


def live(
    settings: KubernetesDemoSettings, programs: Programs, usage: Array, say: Say, play: type[Play] = Play
) -> tuple[Walk, PodWatch]:
    """`usage` [workloads, steps, 2]: the first days are the past."""
    past, kubernetes = settings.days * STEPS_A_DAY, programs.kubernetes
    pods = furnish(kubernetes, usage[:, past])
    say(f"{len(pods)} pods of {len(SHOP)} workloads run, with requests as people wrote them")
    cluster = declare_cluster(programs.broker, programs.cluster, len(specs()), "wall", author="demo")
    change_s = first_change_s(slot_key(cluster.name, 0), time.time() + START_S, shipped_context().time) - time.time()
    steps = round(max(settings.minutes * 60.0, change_s - START_S + AFTER_S) / STEP_S)
    say(f"the first sizes are decided in about {change_s:.0f} s, at the end of a bucket of five minutes")
    walk, watch = Walk(kubernetes, usage[:, past:], by_workload(pods), steps), PodWatch()
    watch.look(pods, {each.name: usage[row, past] for row, each in enumerate(SHOP)})
    rows = rows_of(usage[:, :past])

    def history() -> int:
        return send_history(programs.broker, cluster, specs(), rows, time.time())

    with Children(settings.out / "logs") as children:
        play(programs, cluster, children, walk, watch, history, say).run()
    return walk, watch


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


def _write(summary: KubernetesSummary, watch: PodWatch, recorded: Recorded, out: Path) -> None:
    text = msgspec.json.format(msgspec.json.encode(summary), indent=2)
    (out / "summary.json").write_bytes(text + b"\n")
    lines = [encode(decision) + b"\n" for decision in in_order(recorded.decisions)]
    (out / "decisions.jsonl").write_bytes(b"".join(lines))
    (out / "report.html").write_text(render(summary, watch, recorded))
