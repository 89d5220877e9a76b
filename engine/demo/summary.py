"""What a run comes to, in numbers: `summary.json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from engine.demo.accuracy import Accuracy
from engine.demo.audit import Audit
from engine.demo.kinds import Kind, kinds
from engine.messages import Command, DeadLetter, Decision, Judgement, Outcome
from engine.units import BUCKET_S


class Percentiles(msgspec.Struct, frozen=True):
    p50: float | None
    p99: float | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What was measured. `counters` are the fold's own, from the rows of state, as are the savings.

    Savings are USD a month: realised by applied commands, recommended but not commanded, and promised by what was
    applied; `saved_usd` is in USD, over the run. Outcomes by command id, as is `commanded_s`, the event time that was
    reached when a command was given.
    """

    trace: str
    derived: str
    assumed: str
    scope: str
    samples_sent: int
    samples_dead_lettered: int
    counters: Mapping[str, int]
    dead_letters: Sequence[DeadLetter]
    containers: int
    decisions: Sequence[Decision]
    judgements: Sequence[Judgement]
    commands: Sequence[Command]
    commanded_s: Mapping[str, float]
    outcomes: Mapping[str, Outcome]
    realised_usd: float
    recommended_usd: float
    promised_usd: float
    saved_usd: float
    accuracies: Sequence[Accuracy]
    latencies_ms: Sequence[float]
    writes: int
    event_days: float
    wall_seconds: float
    autopilot_day: float
    audit: Audit


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """`summary.json`. Samples are counted by the fold; `balance`: sent = folded + dead-lettered."""

    trace: str
    derived: str
    assumed: str
    event_days: float
    autopilot_day: float
    wall_seconds: float
    containers: int
    samples_sent: int
    samples_folded: int
    samples_late: int
    samples_duplicate: int
    samples_dead_lettered: int
    dead_letters: int
    balance: bool
    audit: Audit
    decisions: dict[str, int]
    kinds: list[Kind]
    decisions_judged: int
    decisions_right: int
    decision_accuracy: float | None
    commands: int
    commands_applied: int
    commands_refused: dict[str, int]
    simulated_writes: int
    monthly_saving_usd: float
    monthly_saving_realised_usd: float
    monthly_saving_recommended_usd: float
    monthly_saving_promised_usd: float
    saved_usd: float
    wape_2h: float | None
    wape_4h: float | None
    coverage_95: float | None
    wape_2h_naive: float | None
    wape_4h_naive: float | None
    wape_2h_memory: float | None
    wape_4h_memory: float | None
    coverage_95_memory: float | None
    latency_ms: Percentiles
    outcome_delay_buckets: Percentiles

    def problems(self) -> list[str]:
        """What must not be, one sentence each; empty when all is well."""
        found = []
        if not self.balance:
            found.append(
                f"samples do not balance: {self.samples_sent} sent, {self.samples_folded} folded and "
                f"{self.samples_dead_lettered} dead-lettered"
            )
        if not self.audit.decisions_equal:
            a = self.audit
            found.append(
                "the decisions published are not those of the fold over the recorded log: "
                f"{a.missing} missing, {a.extra} extra, {a.different} different"
            )
        return found


def summarise(facts: Facts) -> Summary:
    by = {(accuracy.resource, accuracy.lead_s): accuracy for accuracy in facts.accuracies}
    cpu_2h, cpu_4h = by["cpu", 7200], by["cpu", 14400]
    memory_2h, memory_4h = by["memory", 7200], by["memory", 14400]
    folded = facts.counters.get("samples_folded", 0)
    outcomes = facts.outcomes.values()
    verdicts = [judgement.right for judgement in facts.judgements if judgement.right is not None]
    return Summary(
        trace=facts.trace,
        derived=facts.derived,
        assumed=facts.assumed,
        event_days=round(facts.event_days, 2),
        autopilot_day=round(facts.autopilot_day, 2),
        wall_seconds=round(facts.wall_seconds, 1),
        containers=facts.containers,
        samples_sent=facts.samples_sent,
        samples_folded=folded,
        samples_late=facts.counters.get("samples_late", 0),
        samples_duplicate=facts.counters.get("samples_duplicate", 0),
        samples_dead_lettered=facts.samples_dead_lettered,
        dead_letters=len(facts.dead_letters),
        balance=facts.samples_sent == folded + facts.samples_dead_lettered,
        audit=facts.audit,
        decisions=dict(sorted(Counter(decision.action for decision in facts.decisions).items())),
        kinds=kinds(facts.decisions, facts.outcomes, facts.scope),
        decisions_judged=len(verdicts),
        decisions_right=sum(verdicts),
        decision_accuracy=round(sum(verdicts) / len(verdicts), 4) if verdicts else None,
        commands=len(facts.commands),
        commands_applied=sum(outcome.status == "applied" for outcome in outcomes),
        commands_refused=dict(sorted(Counter(o.reason for o in outcomes if o.status != "applied").items())),
        simulated_writes=facts.writes,
        monthly_saving_usd=round(facts.realised_usd + facts.recommended_usd, 2),
        monthly_saving_realised_usd=round(facts.realised_usd, 2),
        monthly_saving_recommended_usd=round(facts.recommended_usd, 2),
        monthly_saving_promised_usd=round(facts.promised_usd, 2),
        saved_usd=round(facts.saved_usd, 2),
        wape_2h=_short(cpu_2h.wape),
        wape_4h=_short(cpu_4h.wape),
        coverage_95=_short(cpu_4h.above),
        wape_2h_naive=_short(cpu_2h.naive),
        wape_4h_naive=_short(cpu_4h.naive),
        wape_2h_memory=_short(memory_2h.wape),
        wape_4h_memory=_short(memory_4h.wape),
        coverage_95_memory=_short(memory_4h.above),
        latency_ms=percentiles(facts.latencies_ms),
        outcome_delay_buckets=percentiles(outcome_delays(facts.commanded_s, facts.outcomes)),
    )


def percentiles(values: Sequence[float]) -> Percentiles:
    if not values:
        return Percentiles(None, None)
    p50, p99 = np.percentile(values, [50, 99])
    return Percentiles(round(float(p50), 2), round(float(p99), 2))


def outcome_delays(commanded_s: Mapping[str, float], outcomes: Mapping[str, Outcome]) -> list[float]:
    """Event time that went by from a command to its outcome, in buckets: how closely the replay let the loop close."""
    return [(outcomes[name].time_s - time_s) / BUCKET_S for name, time_s in commanded_s.items() if name in outcomes]


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
