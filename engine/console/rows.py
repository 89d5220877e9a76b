"""Objects as rows: cells under columns as kubectl prints them, labels to select by, values to sort by. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from engine.console.text import NONE, age_text, amount_text, change_text, limits, money_text, requests
from engine.messages import ContainerSpec, Decision, Judgement, Outcome, Roster
from engine.units import CPU, MEMORY

COLUMNS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "decisions": (
        ("NAME", "ACTION", "REASON", "CPU", "MEMORY", "SAVING", "STATUS", "AGE"),
        ("ID", "STAGE", "REPLICAS", "CPU-LIMIT", "MEMORY-LIMIT", "JUDGED"),
    ),
    "containers": (
        ("NAME", "KIND", "REPLICAS", "CPU", "MEMORY", "ACTION", "SAVING", "STATUS", "AGE"),
        ("REASON", "CPU-LIMIT", "MEMORY-LIMIT", "NODE-TYPE", "ID"),
    ),
    "outcomes": (("NAME", "STATUS", "REASON", "CPU", "MEMORY", "AGE"), ("COMMAND", "DETAIL")),
    "policies": (("SCOPE", "FROM", "TERMS"), ()),
    "freezes": (("SCOPE", "KIND"), ()),
}
"""By noun: the columns of a table, and those that `-o wide` adds."""


@dataclass(frozen=True, slots=True)
class Row:
    """One object. `name` is what `-o name` prints and people ask for: namespace/workload/container, or a scope."""

    noun: str
    name: str
    namespace: str
    cells: Mapping[str, str]
    labels: Mapping[str, str]
    order: Mapping[str, float]
    data: Mapping[str, Any]
    other_name: str = ""


def decision_row(decision: Decision, judged: Judgement | None, now_s: float) -> Row:
    name = decision.container.partition("/")[2]
    namespace, _, rest = name.partition("/")
    cells = {
        "NAME": rest,
        "STAGE": decision.stage,
        "REPLICAS": str(decision.replicas),
        "JUDGED": _verdict(judged),
        **_of_decision(decision, now_s),
        **_changes(decision),
    }
    labels = {name: getattr(decision, name) for name in ("action", "reason", "stage")}
    data = msgspec.to_builtins(decision)
    if judged is not None:
        data["judgement"] = msgspec.to_builtins(judged)
    labels |= {"status": decision.disposition, "judged": cells["JUDGED"]}
    return Row("decisions", name, namespace, cells, labels, _order(decision), data, decision.id)


def container_row(roster: Roster, spec: ContainerSpec, decision: Decision | None, now_s: float) -> Row:
    """`decision` is the last one that is known; its size is what is wanted, the roster's is what is there."""
    cells = {
        "NAME": f"{spec.workload}/{spec.container}",
        "KIND": spec.workload_kind,
        "REPLICAS": str(spec.replicas),
        "NODE-TYPE": spec.node_type or NONE,
        **dict.fromkeys(("ACTION", "SAVING", "STATUS", "AGE", "REASON", "ID"), NONE),
    }
    size, target = spec.size, spec.size if decision is None else decision.target
    for resource, column in ((CPU, "CPU"), (MEMORY, "MEMORY")):
        cells[column] = change_text(requests(size)[resource], requests(target)[resource], resource)
        cells[f"{column}-LIMIT"] = change_text(limits(size)[resource], limits(target)[resource], resource)
    labels = {"kind": spec.workload_kind, "node-type": spec.node_type or ""}
    if decision is not None:
        cells |= _of_decision(decision, now_s)
        labels |= {"action": decision.action, "reason": decision.reason, "status": decision.disposition}
    data = {"kind": "container", "cluster": roster.cluster, **msgspec.to_builtins(spec), "told_s": roster.time_s}
    if decision is not None:
        data["decision"] = msgspec.to_builtins(decision)
    name = f"{spec.namespace}/{spec.workload}/{spec.container}"
    order = {"cpu": size.cpu_request or 0.0, "memory": size.memory_request or 0.0, "replicas": float(spec.replicas)}
    order = (_order(decision) if decision else {}) | order
    return Row("containers", name, spec.namespace, cells, labels, order, data)


def outcome_row(outcome: Outcome, now_s: float) -> Row:
    name = outcome.container.partition("/")[2]
    namespace, _, rest = name.partition("/")
    cpu, memory = requests(outcome.size) if outcome.size else (None, None)
    cells = {
        "NAME": rest,
        "STATUS": outcome.status,
        "REASON": outcome.reason or NONE,
        "CPU": amount_text(cpu, CPU),
        "MEMORY": amount_text(memory, MEMORY),
        "AGE": age_text(now_s - outcome.time_s),
        "COMMAND": outcome.command_id,
        "DETAIL": outcome.detail or NONE,
    }
    labels = {"status": outcome.status, "reason": outcome.reason}
    order = {"age": -outcome.time_s, "cpu": cpu or 0.0, "memory": memory or 0.0}
    data = msgspec.to_builtins(outcome)
    return Row("outcomes", name, namespace, cells, labels, order, data, outcome.command_id)


def _of_decision(decision: Decision, now_s: float) -> dict[str, str]:
    return {
        "ID": decision.id,
        "ACTION": decision.action,
        "REASON": decision.reason,
        "SAVING": money_text(decision.monthly_saving_usd),
        "STATUS": decision.disposition,
        "AGE": age_text(now_s - decision.time_s),
    }


def _changes(decision: Decision) -> dict[str, str]:
    cells = {}
    for resource, column in ((CPU, "CPU"), (MEMORY, "MEMORY")):
        for name, of in ((column, requests), (f"{column}-LIMIT", limits)):
            cells[name] = change_text(of(decision.current)[resource], of(decision.target)[resource], resource)
    return cells


def _verdict(judged: Judgement | None) -> str:
    return NONE if judged is None else {True: "right", False: "wrong", None: "unknown"}[judged.right]


def _order(decision: Decision) -> dict[str, float]:
    return {
        "age": -decision.time_s,
        "saving": decision.monthly_saving_usd,
        "cpu": decision.target.cpu_request or 0.0,
        "memory": decision.target.memory_request or 0.0,
        "replicas": float(decision.replicas),
    }
