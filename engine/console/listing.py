"""What `trimtab get` lists, and what it goes on with when it watches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

import msgspec

from engine.console.log import Decisions, Rosters, identity, outcome_of
from engine.console.rows import Row, container_row, decision_row, outcome_row
from engine.console.selecting import Selection
from engine.console.source import Source, newest_time
from engine.console.terms import Terms, namespace_of, said_of, scope_text
from engine.core.policy import Layer
from engine.identity import KILL_SWITCH
from engine.messages import Decision, Outcome
from engine.units import DAY_S, HOUR_S

SINCE_S: Final = {"decisions": float(DAY_S), "containers": 7.0 * DAY_S, "outcomes": float(HOUR_S), "policies": 0.0,
                  "freezes": 0.0}  # fmt: skip
"""How far back is read unless one says. Outcomes are among metrics, which are many."""


@dataclass(slots=True)
class Listing:
    """Objects of one kind, as far as they were read; `take` reads on, and returns rows that are new or changed."""

    source: Source
    selection: Selection
    since_s: float
    decisions: Decisions = field(default_factory=Decisions)
    rosters: Rosters = field(default_factory=Rosters)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    latest: dict[str, Decision] = field(default_factory=dict)

    def rows(self, noun: str) -> list[Row]:
        """All of them, by name, or as they were made."""
        return _KINDS[noun](self)

    def decision_rows(self) -> list[Row]:
        for _, value in self._read("decisions", self.source.all_partitions("decisions"), self.selection.prefix):
            self.decisions.take(value)
        made = sorted(self.decisions.made.values(), key=lambda one: (one.time_s, one.container))
        now_s = newest_time(self.source, (one.time_s for one in made))
        recent = [one for one in made if one.time_s >= now_s - self.since_s]
        return [decision_row(one, self.decisions.judged.get(one.id), now_s) for one in recent]

    def container_rows(self) -> list[Row]:
        self.rosters = self.source.rosters()
        self.latest = self._latest()
        return self.known_containers()

    def known_containers(self) -> list[Row]:
        """Of what was read last."""
        found = list(self.rosters.containers())
        times = chain((one.time_s for one in self.latest.values()), (roster.time_s for roster, _ in found))
        now_s = newest_time(self.source, times)
        return [container_row(one, spec, self.latest.get(identity(one, spec)), now_s) for one, spec in found]

    def _latest(self) -> dict[str, Decision]:
        """The last decision on each container's size; only these are decoded."""
        newest: dict[str, bytes] = {}
        for key, value in self._read("decisions", self.source.all_partitions("decisions"), self.selection.prefix):
            if b'"kind":"judgement"' not in value[:48] and b'"action":"move"' not in value[:1200]:
                newest[key] = value
        for value in newest.values():
            self.decisions.take(value)
        return {one.container: one for one in self.decisions.made.values()}

    def outcome_rows(self) -> list[Row]:
        prefix = f"{self.source.cluster.name}/"
        for _, value in self._read("events", self.source.slot_partitions("events"), prefix):
            if (outcome := outcome_of(value)) is not None:
                self.outcomes[f"{outcome.command_id}/{outcome.time_s}"] = outcome
        told = sorted(self.outcomes.values(), key=lambda one: (one.time_s, one.container))
        now_s = newest_time(self.source, (one.time_s for one in told))
        return [outcome_row(one, now_s) for one in told if one.time_s >= now_s - self.since_s]

    def freeze_rows(self) -> list[Row]:
        scopes = {scope for one in self._terms() for scope, frozen in one.freezes.items() if frozen}
        return [_freeze_row(self.source.cluster.name, scope) for scope in sorted(scopes)]

    def policy_rows(self) -> list[Row]:
        """What was applied and set, then what stands on workloads."""
        self.rosters = self.source.rosters()
        own = {f"{spec.namespace}/{spec.workload}": spec.policy for _, spec in self.rosters.containers() if spec.policy}
        said = [*said_of(self._terms()), *((scope, Layer("annotation", policy)) for scope, policy in own.items())]
        return [_policy_row(self.source.cluster.name, scope, layer) for scope, layer in said]

    def _terms(self) -> Iterable[Terms]:
        return self.source.terms(range(self.source.cluster.slots)).values()

    def _read(self, topic: str, partitions: range | list[int], prefix: str) -> Iterator[tuple[str, bytes]]:
        return self.source.read(topic, partitions, prefix, self.source.last(self.since_s))


def _freeze_row(cluster: str, scope: str) -> Row:
    kind = "kill-switch" if scope == KILL_SWITCH else "freeze"
    data = {"kind": "freeze", "cluster": cluster, "scope": scope}
    cells = {"SCOPE": scope_text(scope), "KIND": kind}
    return Row("freezes", scope, namespace_of(scope), cells, {"kind": kind}, {}, data)


def _policy_row(cluster: str, scope: str, layer: Layer) -> Row:
    terms = msgspec.to_builtins(layer.policy)
    data = {"kind": "policy", "cluster": cluster, "scope": scope, "from": layer.origin, "policy": terms}
    cells = {"SCOPE": scope_text(scope), "FROM": layer.origin, "TERMS": msgspec.json.encode(layer.policy).decode()}
    return Row("policies", scope, namespace_of(scope), cells, {"kind": layer.origin}, {}, data)


_KINDS: Final[dict[str, Callable[[Listing], list[Row]]]] = {
    "decisions": Listing.decision_rows,
    "containers": Listing.container_rows,
    "outcomes": Listing.outcome_rows,
    "policies": Listing.policy_rows,
    "freezes": Listing.freeze_rows,
}
