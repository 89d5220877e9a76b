"""The live part of the demo: programs are started, a trace is replayed, auto-pilot is turned on, all come to rest."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from engine.broker.controls import send_control
from engine.demo.person import Person
from engine.demo.plan import Plan
from engine.demo.processes import Child, Children
from engine.demo.programs import Programs
from engine.demo.scrape import is_ready
from engine.demo.screen import Screen
from engine.demo.source import Source
from engine.demo.watching import Watch
from engine.messages import Autopilot, Cluster

LOOK_EVERY_S: Final = 0.5
START_S: Final = 60.0
REST_S: Final = 2.0
"""Nothing more comes when nothing has changed for so long."""
COME_TO_REST_S: Final = 60.0
LATEST_PILOT_S: Final = 120.0
LATEST_END_S: Final = 210.0
"""Seconds since the start: where a machine is too slow for the plan, auto-pilot is turned on and the replay ends."""
APPROVES_AFTER_S: Final = 8.0
"""Seconds after auto-pilot was turned on for one half, somebody approves a little of what the other half is told."""
PILOTED: Final = "team-a"
"""The namespace that auto-pilot is turned on for; the collector deals containers out to team-a and team-b."""


@dataclass(slots=True)
class Play:
    """One replay from start to rest. `pilot_s`: event time at which auto-pilot was turned on, None before."""

    programs: Programs
    plan: Plan
    cluster: Cluster
    children: Children
    screen: Screen
    watch: Watch
    person: Person
    pilot_s: float | None = None
    approves_at: float | None = None
    """Monotonic seconds; None before auto-pilot is on."""

    def run(self, source: Source) -> None:
        """Starts everything, ends everything. Raises ChildError and StuckError."""
        engine = self.children.start("engine", self.programs.engine())
        executor = self.children.start("executor", self.programs.executor())
        self._until(lambda: is_ready(self.programs.engine_port), "the engine to be ready", START_S)
        collector = self.children.start("collector", self.programs.collector(source, self.plan))
        self._follow(collector)
        self._come_to_rest(collector)
        for child in (engine, executor):
            self.children.end(child)

    def _follow(self, collector: Child) -> None:
        while collector.ended() is None:
            self.children.check(collector)
            self.screen.show(self.watch.look(self._phase()))
            elapsed_s = time.monotonic() - self.watch.started
            if self.pilot_s is None and (self.watch.watermark_s >= self.plan.pilot_s or elapsed_s > LATEST_PILOT_S):
                self._turn_on()
            if elapsed_s > LATEST_END_S:
                self._cut_short(collector)
                return
            self.person.read()
            if self.approves_at is not None and time.monotonic() >= self.approves_at:
                self.person.approve(self.watch.watermark_s)
            time.sleep(LOOK_EVERY_S)

    def _cut_short(self, collector: Child) -> None:
        day = self.plan.day_of(self.watch.watermark_s)
        self.screen.say(f"day {day:.1f}: the replay ends here; this machine is too slow or too busy for all of it")
        self.children.end(collector)

    def _phase(self) -> str:
        if self.pilot_s is not None:
            return f"auto-pilot full for {PILOTED}"
        return "learning, at full speed" if self.watch.watermark_s < self.plan.paced_s else "auto-pilot off"

    def _turn_on(self) -> None:
        self.pilot_s = self.watch.watermark_s
        self.approves_at = time.monotonic() + APPROVES_AFTER_S
        control = Autopilot(stage="full", scope=PILOTED)
        send_control(self.programs.broker, self.cluster, control, author="demo", sent_s=self.pilot_s)
        self.screen.say(
            f"day {self.plan.day_of(self.pilot_s):.1f}: auto-pilot is full for namespace {PILOTED} from now on; "
            "the other half goes on with recommendations, of which somebody approves a few"
        )

    def _come_to_rest(self, collector: Child) -> None:
        """Until all that was sent is folded, commanded, carried out and reported."""
        standing, since = self.watch.settled, time.monotonic()

        def rests() -> bool:
            nonlocal standing, since
            self.screen.show(self.watch.look("coming to rest"))
            if self.watch.settled != standing:
                standing, since = self.watch.settled, time.monotonic()
            return self.watch.is_idle() and time.monotonic() - since >= REST_S

        self._until(rests, "engine and executor to finish", COME_TO_REST_S, collector)

    def _until(self, condition: Callable[[], bool], what: str, patience_s: float, *may_end: Child) -> None:
        self.children.wait_until(condition, what, patience_s, LOOK_EVERY_S / 2, *may_end)
