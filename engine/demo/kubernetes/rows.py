"""Changes of pods beside the decisions that made them."""

from __future__ import annotations

from dataclasses import dataclass

from engine.demo.kubernetes.play import told
from engine.demo.kubernetes.watch import Change, PodWatch
from engine.demo.recorded import Recorded
from engine.identity import split_node_type
from engine.messages import Decision


@dataclass(frozen=True, slots=True)
class Row:
    """One change. `second` since the start; `actuated_s` after it was seen, None where it never was."""

    second: float
    pod: str
    change: str
    action: str
    text: str
    actuated_s: float | None


def rows(watch: PodWatch, recorded: Recorded) -> list[Row]:
    commanded = {command.id for command in recorded.commands}
    decisions = [decision for decision in recorded.decisions if decision.id in commanded]
    start_s = watch.totals[0][0]
    return [_row(change, decision_of(change, decisions), start_s) for change in watch.changes]


def decision_of(change: Change, decisions: list[Decision]) -> Decision | None:
    """The latest command for the workload before the change that wants what the change came to."""
    fitting = [
        each
        for each in decisions
        if split_node_type(each.container.split("/")[2])[0] == change.workload
        and each.time_s <= change.seen_s + 1.0
        and (each.target.cpu_request, each.target.memory_request) == change.after
    ]
    return max(fitting, key=lambda each: each.time_s, default=None)


def _row(change: Change, decision: Decision | None, start_s: float) -> Row:
    after_s = None if change.actuated_s is None else change.actuated_s - change.seen_s
    action, text = ("", "") if decision is None else (decision.action, decision.text)
    return Row(change.seen_s - start_s, change.pod, told(change), action, text, after_s)
