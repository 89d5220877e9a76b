"""The fold of one slot in steady state: what a message costs alone, and what more when something ends with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import fmean, median

import numpy as np

from agents.collector.rosters import ROSTER_INTERVAL_S
from benchmarks.speed.core.made_up import CLUSTER, KEY, START_S, Containers, learned, seen
from benchmarks.speed.core.timing import timed
from engine.codec import encode
from engine.core.effects import Effects
from engine.core.forecast.state import HOUR
from engine.core.partition import PartitionFold, Record
from engine.core.state import SlotState
from engine.identity import partition_of
from engine.messages import AnyEvent, Control, Declare, Metrics, Policy, Risk, Roster, SetPolicy
from engine.shell.context import shipped_context
from engine.simulate.replay import applied

SCRAPE_S = 15.0
RISK = SetPolicy(defaults=Policy(autopilot="full", risk=Risk(cpu=0.005, memory=0.001)))


class Bench:
    """A fold, and the clock and offsets of the messages that are handed to it."""

    def __init__(self, containers: Containers, policy: SetPolicy | None = None) -> None:
        self.containers = containers
        self.partition = partition_of(CLUSTER, 0, 1)
        self.fold = PartitionFold(self.partition, 1, shipped_context())
        self.offset, self.time_s = 0, START_S
        self.apply(Control(cluster=CLUSTER, slot=0, sent_s=0.0, body=Declare(slots=1, clock="replay")))
        self.apply(containers.roster(START_S))
        self.state.forecast = learned().take(containers.copied)
        self.state.nowcast = seen().take(containers.copied)
        if policy is not None:
            self.apply(Control(cluster=CLUSTER, slot=0, sent_s=START_S, body=policy))

    @property
    def state(self) -> SlotState:
        return self.fold.slots[KEY]

    def record(self, event: AnyEvent) -> Record:
        self.offset += 1
        return Record(self.partition, self.offset, KEY, encode(event), event.sent_s)

    def apply(self, event: AnyEvent) -> tuple[float, Effects]:
        """Nanoseconds of the fold from bytes to effects, and the effects."""
        record = self.record(event)
        spent, effects = timed(lambda: self.fold.apply(record))
        assert not effects.dead_letters, effects.dead_letters[0].detail
        return spent, effects

    def events(self, seconds: float, step_s: float) -> Iterator[Metrics | Roster]:
        """What an agent sends in so many seconds: rosters each ten minutes, scrapes each `step_s`."""
        for _ in range(round(seconds / step_s)):
            self.time_s += step_s
            if self.time_s % ROSTER_INTERVAL_S < step_s:
                yield self.containers.roster(self.time_s)
            yield self.containers.metrics(self.time_s)

    def warm_up(self, hours: float, step_s: float) -> float:
        """Folds so many hours; commands are carried out. Nanoseconds a decision, where all rows published one."""
        waves = []
        for event in self.events(hours * 3600.0, step_s):
            spent, effects = self.apply(event)
            if len(effects.decisions) >= 0.9 * self.containers.number:
                waves.append(spent / len(effects.decisions))
            self.carry_out(effects)
        return fmean(waves) if waves else np.nan

    def carry_out(self, effects: Effects) -> None:
        """Each command is applied as it says."""
        for command in effects.commands:
            self.apply(applied(command, self.time_s))


@dataclass
class Steady:
    """Nanoseconds of each message of a stretch, by what ended with it, and what they came to."""

    spent: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    samples: int = 0
    decisions: int = 0

    def plain(self) -> float:
        """A message of metrics with which nothing ends."""
        return median(self.spent["plain"])

    def more(self, kind: str) -> float:
        """What a message of this kind costs beyond a plain one; NaN without any."""
        return fmean(self.spent[kind]) - self.plain() if self.spent[kind] else np.nan

    def of_metrics(self) -> float:
        return sum(sum(spent) for kind, spent in self.spent.items() if kind != "roster")


def steady(bench: Bench, hours: float) -> Steady:
    """Folds scrapes of 15 s for so many hours."""
    result, before = Steady(), bench.state.counters.get("samples_folded", 0)
    for event in bench.events(hours * 3600.0, SCRAPE_S):
        closed, sized = bench.state.closed, bench.state.sized
        spent, effects = bench.apply(event)
        kind = "roster" if isinstance(event, Roster) else _kind(bench.state, closed, sized)
        result.spent[kind].append(spent)
        result.decisions += len(effects.decisions)
    result.samples = bench.state.counters["samples_folded"] - before
    return result


def _kind(state: SlotState, closed: int, sized: int) -> str:
    """What ended with the message: a window does a lateness before its bucket, so it is one or the other."""
    if state.closed > closed:
        return "hour" if state.closed % HOUR == 0 else "close"
    return "window" if state.sized > sized else "plain"
