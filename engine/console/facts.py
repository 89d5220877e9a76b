"""All that the topics say of one container, gathered."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import msgspec

from engine.codec import decode_aggregate
from engine.console.listing import Listing
from engine.console.log import Decisions, Rosters, identity, outcome_of
from engine.console.source import Source, newest_time
from engine.console.terms import Terms, freezes_of
from engine.identity import workload_id
from engine.messages import Aggregate, ContainerSpec, Decision, Judgement, Outcome, Roster
from engine.units import DAY_S, HOUR_S


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one container: decisions and outcomes oldest first, hours of its workload, terms None where unknown."""

    roster: Roster
    spec: ContainerSpec
    now_s: float
    decisions: list[Decision]
    judged: dict[str, Judgement]
    outcomes: list[Outcome]
    hours: list[Aggregate]
    terms: Terms | None

    @property
    def container(self) -> str:
        return identity(self.roster, self.spec)

    @property
    def name(self) -> str:
        return self.container.partition("/")[2]

    @property
    def freezes(self) -> list[str]:
        return freezes_of(self.container, self.terms) if self.terms else []

    def document(self, policy: list[tuple[str, str, str]]) -> dict[str, Any]:
        """As builtins; messages as they are in the topics."""
        return {
            "kind": "container",
            "cluster": self.roster.cluster,
            **msgspec.to_builtins(self.spec),
            "told_s": self.roster.time_s,
            "terms": [{"field": field, "value": value, "from": origin} for field, value, origin in policy],
            "freezes": self.freezes,
            "hours": msgspec.to_builtins(self.hours),
            "decisions": msgspec.to_builtins(self.decisions),
            "judgements": msgspec.to_builtins(list(self.judged.values())),
            "outcomes": msgspec.to_builtins(self.outcomes),
        }


def gather(listing: Listing, rosters: Rosters, name: str) -> Facts:
    """`name` is namespace/workload/container of a roster."""
    source, since_s = listing.source, listing.since_s
    roster, spec = next(row for row in rosters.containers() if identity(*row) == f"{source.cluster.name}/{name}")
    decisions = Decisions()
    for key, value in source.read(
        "decisions", source.all_partitions("decisions"), identity(roster, spec), source.last(since_s)
    ):
        if key == identity(roster, spec):
            decisions.take(value)
    made = sorted(decisions.made.values(), key=lambda one: one.time_s)
    now_s = newest_time(source, [roster.time_s, *(one.time_s for one in made)])
    return Facts(
        roster,
        spec,
        now_s,
        [one for one in made if one.time_s >= now_s - since_s],
        decisions.judged,
        [one for one in _outcomes(source, roster, spec, since_s) if one.time_s >= now_s - since_s],
        _hours(source, roster, spec, now_s),
        source.terms([roster.slot]).get(roster.slot),
    )


def _outcomes(source: Source, roster: Roster, spec: ContainerSpec, since_s: float) -> list[Outcome]:
    partitions, prefix = source.slot_partitions("events", [roster.slot]), f"{source.cluster.name}/{roster.slot}"
    found = {}
    for _, value in source.read("events", partitions, prefix, source.last(since_s)):
        outcome = outcome_of(value)
        if outcome is not None and outcome.container == identity(roster, spec):
            found[outcome.command_id, outcome.time_s] = outcome
    return sorted(found.values(), key=lambda one: one.time_s)


def _hours(source: Source, roster: Roster, spec: ContainerSpec, now_s: float) -> list[Aggregate]:
    """The workload's last 24 hours that were told, oldest first, each once."""
    key = workload_id(roster.cluster, spec.namespace, spec.workload)
    found: dict[float, Aggregate] = {}
    last_s = source.last(DAY_S + 2.0 * HOUR_S)
    for each, value in source.read("aggregates", source.all_partitions("aggregates"), key, last_s):
        if each == key:
            one = decode_aggregate.readable(value)
            if one is not None:
                found[one.hour_s] = one
    return [found[hour_s] for hour_s in sorted(found) if hour_s >= now_s - DAY_S - HOUR_S][-24:]


def utc_text(time_s: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(time_s))
