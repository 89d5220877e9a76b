"""A container described as text, in the manner of `kubectl describe`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from engine.console.facts import Facts, utc_text
from engine.console.printing import Table
from engine.console.rows import decision_row, outcome_row
from engine.console.sparkline import sparkline
from engine.console.terms import scope_text
from engine.console.text import NONE, age_text, amount_text, change_text, limits, requests
from engine.messages import Aggregate, Decision, ResourceEvidence
from engine.units import CPU, GIB, HOUR_S, MEMORY, RESOURCES

LAST: Final = 5
_WIDTH: Final = 14
PolicyRows = Sequence[tuple[str, str, str]]


def described(facts: Facts, policy: PolicyRows) -> str:
    """`policy`: name, value and origin of each field."""
    parts = (_head(facts), _policy(facts, policy), _usage(facts), _forecast(facts), _decisions(facts), _outcomes(facts))
    return "\n".join(line for part in parts for line in part)


def _line(name: str, text: str) -> str:
    return f"{name + ':':<{_WIDTH}}{text}"


def _head(facts: Facts) -> Iterator[str]:
    spec, last = facts.spec, facts.decisions[-1] if facts.decisions else None
    yield _line("Name", f"{spec.workload}/{spec.container}")
    yield _line("Namespace", spec.namespace)
    yield _line("Cluster", facts.roster.cluster)
    yield _line("Workload", f"{spec.workload_kind} {spec.workload}")
    yield _line("Replicas", str(spec.replicas))
    yield _line("Node type", spec.node_type or NONE)
    yield _line("Resize", "in place" if spec.in_place else "by a restart")
    told = age_text(facts.now_s - facts.roster.time_s)
    yield _line("Size", f"as told {told} ago{', assumed' if spec.assumed else ''}; -> where another is wanted")
    target = spec.size if last is None or last.action == "move" else last.target
    for resource, name in enumerate(RESOURCES):
        sizes = [change_text(of(spec.size)[resource], of(target)[resource], resource) for of in (requests, limits)]
        yield f"  {name:<{_WIDTH - 2}}request {sizes[0]}, limit {sizes[1]}"
    yield _line("Frozen", _frozen(facts))


def _frozen(facts: Facts) -> str:
    if facts.terms is None:
        return "unknown: the engine has written no state of this slot yet"
    return f"yes, by {', '.join(map(scope_text, facts.freezes))}" if facts.freezes else "no"


def _policy(facts: Facts, policy: PolicyRows) -> Iterator[str]:
    yield "Policy:"
    if facts.terms is None:
        yield "  What was applied is not known yet; of the workload's own:"
    shown = [row for row in policy if row[2] != "nobody states it" or row[0] in ("autopilot", "protected")]
    widths = [max(len(row[column]) for row in [("Field", "Value"), *shown]) for column in (0, 1)]
    for name, value, origin in [("Field", "Value", "From"), *shown]:
        yield f"  {name:<{widths[0]}}  {value:<{widths[1]}}  {origin}"


def _usage(facts: Facts) -> Iterator[str]:
    """By hour, of the whole workload: that is what aggregates have."""
    if not facts.hours:
        yield _line("Usage", "no hour of the workload was told yet")
        return
    first, last = int(facts.hours[0].hour_s), int(facts.hours[-1].hour_s)
    by_hour = {int(one.hour_s): one for one in facts.hours}
    hours = [by_hour.get(hour_s) for hour_s in range(first, last + 1, HOUR_S)]
    yield f"Usage by hour, of all containers and replicas of the workload, until {utc_text(last + HOUR_S)}:"
    for resource, name in enumerate(RESOURCES):
        used = [None if one is None else _used(one, resource) for one in hours]
        known = [amount for amount in used if amount is not None]
        low, high = amount_text(min(known), resource), amount_text(max(known), resource)
        yield f"  {name:<{_WIDTH - 2}}{sparkline(used)}  {low} to {high}"


def _used(one: Aggregate, resource: int) -> float:
    """Cores or bytes: hours of them in an hour."""
    return one.cpu.used if resource == CPU else one.memory.used * GIB


def _forecast(facts: Facts) -> Iterator[str]:
    """What the newest decision that has one said; it is no newer than that decision."""
    told = next((one for one in reversed(facts.decisions) if _of(one, CPU).forecast or _of(one, MEMORY).forecast), None)
    if told is None:
        yield _line("Forecast", "none was published yet")
        return
    yield f"Forecast of one replica, made {age_text(facts.now_s - told.time_s)} ago ({utc_text(told.time_s)}):"
    for resource, name in enumerate(RESOURCES):
        leads = _of(told, resource).forecast
        if leads:
            top = max(one.p95 for one in leads)
            line = sparkline([one.p50 for one in leads], top), sparkline([one.p95 for one in leads], top)
            yield f"  {name:<{_WIDTH - 2}}p50 {line[0]}  p95 {line[1]}"
            for one in leads:
                amounts = [amount_text(_rounded(amount, resource), resource) for amount in (one.p05, one.p50, one.p95)]
                yield f"    +{age_text(one.lead_s):<{_WIDTH - 5}}p05 {amounts[0]}, p50 {amounts[1]}, p95 {amounts[2]}"


def _rounded(amount: float, resource: int) -> float:
    return round(amount, 3) if resource == CPU else amount


def _of(decision: Decision, resource: int) -> ResourceEvidence:
    return decision.evidence.cpu if resource == CPU else decision.evidence.memory


def _decisions(facts: Facts) -> Iterator[str]:
    last = facts.decisions[-LAST:]
    yield "Decisions:" if last else _line("Decisions", NONE)
    rows = [decision_row(one, facts.judged.get(one.id), facts.now_s) for one in last]
    if not rows:
        return
    header, *lines = Table("decisions", False, False, True).lines(rows)
    yield f"  {header}"
    for decision, line in zip(last, lines, strict=True):
        yield f"  {line}"
        yield f"    {decision.text}"
        if (judged := facts.judged.get(decision.id)) is not None and judged.text:
            yield f"    Judged: {judged.text}"


def _outcomes(facts: Facts) -> Iterator[str]:
    rows = [outcome_row(one, facts.now_s) for one in facts.outcomes[-LAST:]]
    yield "Outcomes:" if rows else _line("Outcomes", NONE)
    if rows:
        yield from (f"  {line}" for line in Table("outcomes", True, False, True).lines(rows))
