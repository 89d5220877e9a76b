"""What a run of the demo comes to, from what was watched and what Kafka holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from engine.codec import decode_event
from engine.core.decide.money import monthly_usd
from engine.demo.kubernetes.walk import Surge
from engine.demo.kubernetes.watch import Change, PodWatch
from engine.demo.recorded import Recorded
from engine.demo.summary import Percentiles, percentiles
from engine.messages import Outcome
from engine.shell.context import shipped_context
from engine.units import GIB

NODE_TYPE: Final = "m5.2xlarge"
"""Whose prices all requests are counted at."""


class SurgeSeen(msgspec.Struct, frozen=True):
    """`changed_s`: from the usage step to the first raised CPU request of its pods; None where none was needed."""

    workload: str
    cpu: float
    changed_s: float | None


class KubernetesSummary(msgspec.Struct, frozen=True):
    """Shortage: share of looks at pods at which one used more than its request, if it were as written, and as it was.

    Requests are totals of all pods, before: as written. USD a month.
    """

    pods: int
    pods_changed_in_place: int
    changes: int
    pods_replaced: int
    restarts: int
    decisions: dict[str, int]
    commands: int
    commands_without_outcome: int
    applied: int
    refused: dict[str, int]
    failed: dict[str, int]
    dead_letters: int
    surges: list[SurgeSeen]
    actuation_s: Percentiles
    never_actuated: int
    shortage_cpu_written: float
    shortage_cpu: float
    shortage_memory_written: float
    shortage_memory: float
    cores_before: float
    cores_after: float
    gib_before: float
    gib_after: float
    usd_before: float
    usd_after: float
    wall_seconds: float

    def problems(self) -> list[str]:
        """What must not be, one sentence each; empty when all is well."""
        found = []
        if not self.pods_changed_in_place:
            found.append("no pod's request was changed in place")
        if self.pods_replaced or self.restarts:
            found.append(f"{self.pods_replaced} pods came or went and {self.restarts} containers restarted")
        if self.commands_without_outcome:
            found.append(f"{self.commands_without_outcome} of {self.commands} commands have no outcome")
        return found


def outcomes_of(recorded: Recorded) -> dict[str, Outcome]:
    """By command."""
    events = (decode_event(record.value) for record in recorded.records if record.value)
    return {event.command_id: event for event in events if isinstance(event, Outcome)}


def surges_seen(surges: Sequence[Surge], changes: Sequence[Change]) -> list[SurgeSeen]:
    seen = []
    for surge in surges:
        raised = [
            change.seen_s - surge.time_s
            for change in changes
            if change.workload == surge.workload
            and change.seen_s >= surge.time_s
            and change.after[0] > change.before[0]
        ]
        seen.append(SurgeSeen(surge.workload, round(surge.cpu, 3), round(min(raised), 2) if raised else None))
    return seen


def summarise(watch: PodWatch, surges: Sequence[Surge], recorded: Recorded, wall_s: float) -> KubernetesSummary:
    outcomes = outcomes_of(recorded)
    mine = [outcomes[each.id] for each in recorded.commands if each.id in outcomes]
    before = np.array([pod.first for pod in watch.pods.values()])
    after = np.array([pod.now for pod in watch.pods.values()])
    usd = np.array(shipped_context().prices[NODE_TYPE])
    delays = [each.actuated_s - each.seen_s for each in watch.changes if each.actuated_s is not None]
    written, now = watch.short_written / max(watch.looks, 1), watch.short_now / max(watch.looks, 1)
    return KubernetesSummary(
        pods=len(watch.pods),
        pods_changed_in_place=len({each.pod for each in watch.changes} - watch.replaced),
        changes=len(watch.changes),
        pods_replaced=len(watch.replaced),
        restarts=sum(pod.restarts for pod in watch.pods.values()),
        decisions=dict(sorted(Counter(each.action for each in recorded.decisions).items())),
        commands=len(recorded.commands),
        commands_without_outcome=len(recorded.commands) - len(mine),
        applied=sum(each.status == "applied" for each in mine),
        refused=dict(sorted(Counter(each.reason for each in mine if each.status == "refused").items())),
        failed=dict(sorted(Counter(each.reason for each in mine if each.status == "failed").items())),
        dead_letters=len(recorded.dead_letters),
        surges=surges_seen(surges, watch.changes),
        actuation_s=percentiles(delays),
        never_actuated=len(watch.changes) - len(delays),
        shortage_cpu_written=round(float(written[0]), 4),
        shortage_cpu=round(float(now[0]), 4),
        shortage_memory_written=round(float(written[1]), 4),
        shortage_memory=round(float(now[1]), 4),
        cores_before=round(float(before[:, 0].sum()), 2),
        cores_after=round(float(after[:, 0].sum()), 2),
        gib_before=round(float(before[:, 1].sum()) / GIB, 2),
        gib_after=round(float(after[:, 1].sum()) / GIB, 2),
        usd_before=round(float(monthly_usd(before, np.ones(len(before)), usd).sum()), 2),
        usd_after=round(float(monthly_usd(after, np.ones(len(after)), usd).sum()), 2),
        wall_seconds=round(wall_s, 1),
    )
