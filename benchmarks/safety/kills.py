"""`python -m benchmarks.safety.kills`: OOM kills until a container runs, and how far above its need it then is.

A container with a limit of 1 GiB needs D. It is sampled every minute and goes through the engine's own fold, on full
auto-pilot, commands applied 5 s later; killed above its limit, it starts anew. Kinds of need:

    start   nothing, then D at once a minute after each start
    ramp    nothing, then D within 10 minutes after each start
    burst   0.8 GiB for a day, then D within a minute, and after each restart again
    nightly 0.8 GiB, and D for 10 minutes every 24 hours

Beside it the VPA's rule: after a kill at L, the greater of 1.2 L and L + 100 MB (1.2.2, `--oom-bump-up-ratio` and
`--oom-min-bump-up-bytes`; the margin of 15 % that its recommender adds at the next pass is left out).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from rich.console import Console

from benchmarks.quality.tables import Grid
from engine.core.context import Context
from engine.core.decide import SizingParameters
from engine.core.effects import SlotEffects
from engine.core.state import SlotState
from engine.core.step import step
from engine.messages import ContainerSpec, Metrics, Outcome, Policy, Roster, Size
from engine.units import DAY_S, GIB

SCRAPE_S: Final = 60.0
BUMP_BYTES: Final = 100.0 * 2**20
RATIOS: Final = (1.1, 1.5, 2.0, 3.0, 5.0, 8.0)
HEADS: Final = ("kind", "need", "kills", "VPA", "limit when it runs", "VPA", "36 h later", "kills later")
_LOW: Final = 0.8


def _burst(need: float, up_s: float, time_s: float) -> float:
    return need * min(up_s / 60.0, 1.0) if time_s > DAY_S else _LOW


def _nightly(need: float, up_s: float, time_s: float) -> float:
    return need if time_s % DAY_S > DAY_S - 600.0 else min(_LOW, up_s / 60.0)


KINDS: Final[dict[str, Callable[[float, float, float], float]]] = {
    "start": lambda need, up_s, time_s: need if up_s > 60.0 else 0.05,
    "ramp": lambda need, up_s, time_s: need * min(up_s / 600.0, 1.0),
    "burst": _burst,
    "nightly": _nightly,
}
"""GiB used so many seconds after the start, and after the beginning of the run."""


@dataclass
class Course:
    """Kills, and limits in GiB: by time of the run, s. `runs_s`: when it had what it needs for the first time."""

    kills: list[float] = field(default_factory=list)
    limits: list[tuple[float, float]] = field(default_factory=list)
    runs_s: float = 0.0

    def limit_at(self, time_s: float) -> float:
        return next(limit for since_s, limit in reversed(self.limits) if since_s <= time_s)


def course(kind: str, need: float, days: float, sizing: SizingParameters | None = None) -> Course:
    """What becomes of a container that needs so many GiB and has one."""
    context = Context(sizing=sizing or SizingParameters())
    size = Size(cpu_request=0.1, memory_request=GIB, memory_limit=GIB)
    spec = ContainerSpec(
        namespace="web", workload="w", container="app", size=size, policy=Policy(autopilot="full"), replicas=1
    )
    state, found = SlotState("shop", 0, 1, clock="replay"), Course([], [(0.0, 1.0)])
    started_s, begin_s = 0.0, DAY_S * 100
    roster = Roster(cluster="shop", slot=0, sent_s=begin_s, time_s=begin_s, roster="r", containers=[spec])
    step(state, roster, begin_s, context)
    for time_s in np.arange(SCRAPE_S, days * DAY_S, SCRAPE_S).tolist():
        used = KINDS[kind](need, time_s - started_s, time_s)
        killed = used > found.limits[-1][1]
        if killed:
            found.kills.append(time_s)
            started_s = time_s
        elif not found.runs_s and used >= need:
            found.runs_s = time_s
        effects = step(state, _scrape(begin_s + time_s, used, killed), 0.0, context)
        for outcome in _outcomes(effects, begin_s + time_s + 5.0):
            assert outcome.size is not None
            found.limits.append((time_s, (outcome.size.memory_limit or 0.0) / GIB))
            step(state, outcome, 0.0, context)
    return found


def _scrape(time_s: float, used: float, killed: bool) -> Metrics:
    """A container that was killed since the scrape before has no usage now."""
    return Metrics(
        cluster="shop", slot=0, sent_s=time_s, time_s=time_s, roster="r", cpu_max=[0.05],
        memory_max=[None if killed else used * GIB], oom_kills=[1] if killed else None,
    )  # fmt: skip


def _outcomes(effects: SlotEffects, time_s: float) -> list[Outcome]:
    return [
        Outcome(
            cluster="shop", slot=0, sent_s=time_s, container=command.container, command_id=command.id,
            status="applied", size=command.target, time_s=time_s,
        )
        for command in effects.commands
    ]  # fmt: skip


def bumped(need: float) -> tuple[int, float]:
    """Kills, and the limit over the need, by the VPA's rule from a limit of 1 GiB."""
    limit, kills = 1.0, 0
    while limit < need:
        limit, kills = max(1.2 * limit, limit + BUMP_BYTES / GIB), kills + 1
    return kills, limit / need


def table(days: float = 3.0) -> Grid:
    lines: list[Sequence[str]] = []
    for kind in KINDS:
        for need in RATIOS:
            found = course(kind, need, days)
            before = [kill for kill in found.kills if kill < found.runs_s]
            kills, over = bumped(need)
            after, later = (found.limit_at(found.runs_s + age_s) / need for age_s in (0.0, 1.5 * DAY_S))
            lines.append((
                kind, f"{need:g}", str(len(before)), str(kills), f"{after:.2f}", f"{over:.2f}", f"{later:.2f}",
                str(len(found.kills) - len(before)),
            ))  # fmt: skip
    return Grid(f"A limit of 1 GiB, {days:g} days; limits over needs in GiB", HEADS, lines)


if __name__ == "__main__":
    Console(width=160).print(table().rich())
