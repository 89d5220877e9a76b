"""What the fold costs a sample, beside river's HoltWinters for one resource, in one run.

A slot of 150 containers, one message of metrics a minute, two days of event time, auto-pilot as it is by default.
Ratios hold better than absolute times: both are measured in the same process, one after the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import click
import numpy as np
from river.time_series import HoltWinters

from engine.codec import encode, roster_hash
from engine.core.partition import PartitionFold, Record
from engine.core.warm_up import warm_up
from engine.identity import partition_of, slot_key
from engine.messages import AnyEvent, ContainerSpec, Control, Declare, Metrics, Roster, Size
from engine.shell.context import shipped_context
from engine.units import DAY_S, GIB

CLUSTER = "bench"
STEP_S = 60.0


def events(containers: int, steps: int) -> list[AnyEvent]:
    """A seeded log: a daily season with noise, a roster every ten minutes."""
    random = np.random.default_rng(1)
    base = random.uniform(0.05, 1.0, containers)
    size = Size(cpu_request=1.0, memory_request=2 * GIB)
    specs = [ContainerSpec(namespace="web", workload=f"w{n}", container="app", size=size) for n in range(containers)]
    roster = roster_hash(specs)
    log: list[AnyEvent] = [Control(cluster=CLUSTER, slot=0, sent_s=0.0, body=Declare(slots=1, clock="replay"))]
    for step in range(steps):
        now_s = step * STEP_S
        if step % 10 == 0:
            log.append(Roster(cluster=CLUSTER, slot=0, sent_s=now_s, time_s=now_s, roster=roster, containers=specs))
        season = 1.0 + 0.5 * np.sin(2 * np.pi * now_s / DAY_S)
        cpu = base * season * random.lognormal(0.0, 0.1, containers)
        memory = base * GIB * random.lognormal(0.0, 0.02, containers)
        columns = {"cpu_max": cpu.tolist(), "memory_max": memory.tolist()}
        log.append(Metrics(cluster=CLUSTER, slot=0, sent_s=now_s, time_s=now_s, roster=roster, **columns))
    return log


def seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def river_once(steps: int) -> None:
    """One container, one resource, a daily season of half-hours: `learn_one` alone."""
    model = HoltWinters(alpha=0.3, beta=0.1, gamma=0.5, seasonality=48)
    for step in range(steps):
        model.learn_one(1.0 + 0.1 * (step % 48))


@click.command()
@click.option("--containers", default=150, show_default=True, help="In the one slot.")
@click.option("--days", default=2.0, show_default=True, help="Of event time.")
def main(containers: int, days: float) -> None:
    """Nanoseconds a sample (CPU and memory together), decoding, closes, forecasts and decisions included."""
    log = [encode(event) for event in events(containers, int(days * DAY_S / STEP_S))]
    key, partition = slot_key(CLUSTER, 0), partition_of(CLUSTER, 0, 1)
    records = [Record(partition, offset, key, value, 0.0) for offset, value in enumerate(log)]
    fold = PartitionFold(partition, 1, shipped_context())
    decisions = 0

    def run() -> None:
        nonlocal decisions
        for record in records:
            decisions += len(fold.apply(record).decisions)

    warm_up()
    spent = seconds(run)
    samples = fold.slots[key].counters["samples_folded"]
    row = len(fold.snapshot(key)) / containers
    updates = 20_000
    river = seconds(lambda: river_once(updates)) / updates
    click.echo(f"samples folded                     {samples:>12,}   decisions {decisions:,}")
    click.echo(f"fold, a sample                     {spent / samples * 1e9:>12,.0f} ns")
    click.echo(f"river HoltWinters, one update      {river * 1e9:>12,.0f} ns (one resource, learning only)")
    click.echo(f"fold / river                       {spent / samples / river:>12.2f}")
    click.echo(f"state, a container                 {row:>12,.0f} bytes")


if __name__ == "__main__":
    main()
