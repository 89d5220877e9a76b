"""The live part: programs start, auto-pilot is full, usage follows the trace, pods are watched, all come to rest."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from engine.broker.controls import send_control
from engine.core.rows import Array
from engine.demo.kubernetes.cluster import pods
from engine.demo.kubernetes.programs import Programs
from engine.demo.kubernetes.walk import STEP_S, Walk
from engine.demo.kubernetes.watch import Change, PodWatch
from engine.demo.kubernetes.world import NAMESPACE
from engine.demo.play import COME_TO_REST_S, REST_S, START_S
from engine.demo.processes import Children
from engine.demo.scrape import is_ready, scrape
from engine.messages import Autopilot, Cluster
from engine.quantity import format_cpu
from engine.units import GIB

LOOK_S: Final = 0.1
LEARN_S: Final = 90.0
"""The engine folds the past within it."""
Say = Callable[[str], None]


@dataclass(slots=True)
class Play:
    """`history` sends the past and returns the number of its messages."""

    programs: Programs
    cluster: Cluster
    children: Children
    walk: Walk
    watch: PodWatch
    history: Callable[[], int]
    say: Say

    def run(self) -> None:
        """Starts everything, ends everything. Raises ChildError, StuckError."""
        engine = self.children.start("engine", self.programs.engine())
        self._until(lambda: is_ready(self.programs.engine_port), "the engine to be ready", START_S)
        self._learn()
        send_control(self.programs.broker, self.cluster, Autopilot(stage="full", scope=NAMESPACE), author="demo")
        self.say(f"auto-pilot is full for namespace {NAMESPACE}; collector and executor start with their own accounts")
        executor = self.children.start("executor", self.programs.executor())
        self._until(lambda: is_ready(self.programs.executor_port), "the executor to be ready", START_S)
        collector = self.children.start("collector", self.programs.collector())
        for number in range(self.walk.steps):
            self._step(number)
        self.children.end(collector)
        self._rest()
        self.children.end(executor)
        self.children.end(engine)

    def _learn(self) -> None:
        count = self.history()
        self.say(f"the past of the trace: {count} messages of old samples, from which it learns and commands nothing")
        self._until(self._folded(count), "the engine to learn the past", LEARN_S)

    def _folded(self, count: int) -> Callable[[], bool]:
        return lambda: scrape(self.programs.engine_port).total("trimtab_engine_events_total") >= count

    def _step(self, number: int) -> None:
        ends = time.monotonic() + STEP_S
        surged = len(self.walk.surges)
        usage = self.walk.step(number)
        for surge in self.walk.surges[surged:]:
            self.say(f"  surge: {surge.workload} uses {format_cpu(surge.cpu)} a replica from now on")
        while time.monotonic() < ends:
            self._look(usage)
            self.children.check()
            time.sleep(LOOK_S)

    def _look(self, usage: dict[str, Array]) -> None:
        seen = len(self.watch.changes)
        self.watch.look(pods(self.programs.kubernetes), usage)
        for change in self.watch.changes[seen:]:
            self.say(f"  {change.pod}: {told(change)}, in place")

    def _rest(self) -> None:
        """Until all that was commanded is carried out and reported."""
        standing, since = (-1.0, -1.0), time.monotonic()
        usage = self.walk.step(self.walk.steps - 1)

        def rests() -> bool:
            nonlocal standing, since
            self._look(usage)
            engine, executor = scrape(self.programs.engine_port), scrape(self.programs.executor_port)
            now = (
                engine.total("trimtab_engine_commands_total"),
                executor.total("trimtab_executor_commands_total"),
            )
            if now != standing:
                standing, since = now, time.monotonic()
            return now[0] == now[1] and time.monotonic() - since >= REST_S

        self._until(rests, "engine and executor to finish", COME_TO_REST_S)

    def _until(self, condition: Callable[[], bool], what: str, patience_s: float) -> None:
        self.children.wait_until(condition, what, patience_s, LOOK_S)


def told(change: Change) -> str:
    """Such as `CPU 1000m → 410m; memory 512 → 300 MiB`."""
    parts = []
    if change.before[0] != change.after[0]:
        parts.append(f"CPU {format_cpu(change.before[0])} → {format_cpu(change.after[0])}")
    if change.before[1] != change.after[1]:
        mib = 1024 / GIB
        parts.append(f"memory {change.before[1] * mib:.0f} → {change.after[1] * mib:.0f} MiB")
    return "; ".join(parts)
