"""From what a run left in Kafka and on disk to its results: audit, summary, report."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from agents.collector.spool import Spool
from agents.executor.summary import summarise as read_ledger
from agents.simulated.cluster import SimulatedCluster
from engine.codec import decode_event
from engine.core.context import Context
from engine.core.decide import savings
from engine.core.partition import Record
from engine.demo.accuracy import accuracies
from engine.demo.audit import compare, fold_log
from engine.demo.interesting import choose
from engine.demo.plan import Plan
from engine.demo.programs import Programs
from engine.demo.recorded import Recorded
from engine.demo.report import SHOWN_BEFORE_S, Material, render
from engine.demo.source import Source
from engine.demo.standing import in_order
from engine.demo.summary import Facts, Summary, summarise
from engine.demo.trajectories import Trajectories
from engine.demo.usage import note_usage, span
from engine.errors import ContractError
from engine.messages import AnyEvent, Outcome
from engine.units import BUCKET_S

UNLIMITED: Final = 2**40


@dataclass(frozen=True, slots=True)
class Left:
    """What a run leaves. `samples_sent` is the collector's own count; latencies are the executor's, in wall time.

    `writes`: every one that the simulated cluster received, repeats included. `pilot_s`: when auto-pilot was turned on.
    """

    recorded: Recorded
    samples_sent: int
    latencies_ms: list[float]
    writes: int
    pilot_s: float


def left_on_disk(programs: Programs, recorded: Recorded, pilot_s: float) -> Left:
    """Reads what collector and executor have kept, beside what Kafka has."""
    spool, simulated = Spool(programs.spool, UNLIMITED, UNLIMITED), SimulatedCluster(programs.simulated)
    try:
        sent, writes = spool.counters()["samples_sent"], len(simulated.writes())
    finally:
        spool.close()
        simulated.close()
    latencies_ms = [latency_s * 1000 for latency_s in read_ledger(programs.ledger).latencies_s]
    return Left(recorded, sent, latencies_ms, writes, pilot_s)


def evaluate(left: Left, source: Source, plan: Plan, scope: str, context: Context, started: float) -> Material:
    """Folds the recorded log offline, compares, and gathers what the report shows. `started`: monotonic seconds."""
    recorded = left.recorded
    events = list(_decoded(recorded.records))
    run = Trajectories.empty(*span(events))
    note_usage(events, run)
    folded = fold_log(recorded.records, recorded.partitions, context, run)
    outcomes = _first_outcomes(events)
    scored = accuracies(run)
    saved = [savings(state) for state in recorded.slots]
    facts = Facts(
        trace=source.title,
        derived=source.derived,
        assumed=source.assumed,
        scope=scope,
        samples_sent=left.samples_sent,
        samples_dead_lettered=sum(letter.samples for letter in recorded.dead_letters),
        counters=recorded.counters(),
        dead_letters=recorded.dead_letters,
        containers=len(run.containers),
        decisions=recorded.decisions,
        judgements=recorded.judgements,
        commands=recorded.commands,
        commanded_s=folded.commanded_s,
        outcomes=outcomes,
        realised_usd=sum(realised for realised, _ in saved),
        recommended_usd=sum(recommended for _, recommended in saved),
        promised_usd=sum(float(state.account.promised.sum()) for state in recorded.slots),
        saved_usd=sum(float(state.account.saved.sum()) for state in recorded.slots),
        accuracies=scored,
        latencies_ms=left.latencies_ms,
        writes=left.writes,
        event_days=plan.day_of(float(run.first + run.mean.shape[1] - 1) * BUCKET_S),
        wall_seconds=time.monotonic() - started,
        autopilot_day=plan.day_of(left.pilot_s),
        audit=compare(recorded.published, folded.effects),
    )
    shown = choose(recorded.decisions, outcomes, run, scope, left.pilot_s - SHOWN_BEFORE_S)
    return Material(
        summary=summarise(facts),
        accuracies=scored,
        trajectories=run,
        decisions=recorded.decisions,
        outcomes=outcomes,
        latencies_ms=left.latencies_ms,
        shown=shown,
        scope=scope,
        pilot_s=left.pilot_s,
        start_s=plan.start_s,
    )


def write(material: Material, published: Iterable[tuple[str, bytes]], out: Path) -> None:
    """Writes summary.json, decisions.jsonl and report.html."""
    out.mkdir(parents=True, exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(material.summary), indent=2)
    (out / "summary.json").write_bytes(text + b"\n")
    payloads = dict(published)
    lines = [payloads[decision.id] for decision in in_order(material.decisions)]
    (out / "decisions.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    (out / "report.html").write_text(render(material))


def read_summary(out: Path) -> Summary:
    """The summary that `write` left."""
    return msgspec.json.decode((out / "summary.json").read_bytes(), type=Summary)


def _decoded(records: Iterable[Record]) -> Iterator[AnyEvent]:
    for record in records:
        try:
            yield decode_event(record.value)
        except ContractError:  # the fold has made a dead letter of it
            continue


def _first_outcomes(events: Iterable[AnyEvent]) -> dict[str, Outcome]:
    """Outcomes by command; an executor may report one twice, with the same content."""
    outcomes: dict[str, Outcome] = {}
    for event in events:
        if isinstance(event, Outcome):
            outcomes.setdefault(event.command_id, event)
    return outcomes
