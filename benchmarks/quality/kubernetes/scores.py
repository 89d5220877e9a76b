"""Figures of the comparison: slack, shortages, and how soon a step in usage was followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from engine.core.rows import Array
from engine.demo.kubernetes.walk import Surge
from engine.demo.kubernetes.watch import Requests
from engine.units import GIB

TRIMTAB: Final = "trimtab"
NAMES: Final = {TRIMTAB: "trimtab", "default": "VPA 1.7, its defaults (60 s)", "quick": "VPA 1.7, interval 5 s"}
Event = tuple[float, str, str, Requests | None, Requests]
"""Wall time, who, workload, before, after."""
FOLLOWS: Final = 1.05
"""A raise by at least this factor follows a step."""


@dataclass(slots=True)
class Scores:
    """Looks at which all had a size for the pod, so that the three are held against the same usage."""

    looks: int = 0
    slack: dict[str, Array] = field(default_factory=dict)
    short: dict[str, Array] = field(default_factory=dict)

    def add(self, usage: Array, request: Requests, workload: str, targets: Mapping[tuple[str, str], Requests]) -> None:
        """`usage` [2] of a pod; `request`, what it has; `targets`, what the recommenders would give it."""
        sizes = {TRIMTAB: request} | {who: size for (who, name), size in targets.items() if name == workload}
        if len(sizes) < len(NAMES):
            return
        self.looks += 1
        for who, size in sizes.items():
            over = np.array(size) - usage
            self.slack[who] = self.slack.get(who, np.zeros(2)) + np.maximum(over, 0.0)
            self.short[who] = self.short.get(who, np.zeros(2)) + (over < 0)


def delays(who: str, events: Sequence[Event], surges: Sequence[Surge]) -> list[float | None]:
    """Seconds from each step to the first raise of that workload's CPU after it; None where there was none."""
    found: list[float | None] = []
    for surge in surges:
        raised = [
            time_s - surge.time_s
            for time_s, by, workload, before, after in events
            if (by, workload) == (who, surge.workload) and time_s >= surge.time_s
            and before is not None and after[0] >= FOLLOWS * before[0]
        ]  # fmt: skip
        found.append(round(min(raised), 1) if raised else None)
    return found


def row(who: str, scores: Scores, events: Sequence[Event], surges: Sequence[Surge]) -> dict[str, Any]:
    looks = max(scores.looks, 1)
    slack, short = (each.get(who, np.zeros(2)) / looks for each in (scores.slack, scores.short))
    return {
        "who": NAMES[who],
        "looks": scores.looks,
        "steps": [surge.workload for surge in surges],
        "followed_after_s": delays(who, events, surges),
        "slack_cores": round(float(slack[0]), 4),
        "slack_gib": round(float(slack[1]) / GIB, 4),
        "short_cpu": round(float(short[0]), 4),
        "short_memory": round(float(short[1]), 4),
    }


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Markdown."""
    head = "| | a step is followed after, s | slack a pod, cores | GiB | CPU short | memory short |\n"
    head += "|---|---|---|---|---|---|\n"
    lines = [
        f"| {r['who']} | {', '.join('–' if s is None else f'{s:g}' for s in r['followed_after_s'])} | "
        f"{r['slack_cores']:.3f} | {r['slack_gib']:.3f} | "
        f"{100 * r['short_cpu']:.1f} % | {100 * r['short_memory']:.1f} % |\n"
        for r in rows
    ]
    return head + "".join(lines)
