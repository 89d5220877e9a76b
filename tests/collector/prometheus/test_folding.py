"""What one look has to say: replicas to the largest, a scrape once, a kill once; slots in turn over the interval."""

from __future__ import annotations

import doctest
import itertools

import numpy as np
import pytest

from agents.collector.rosters import Usage
from agents.collector.source import GROUPS
from agents.collector.sources.prometheus import access, expressions, kube_state, owners, usage
from agents.collector.sources.prometheus.facts import Facts, Key
from agents.collector.sources.prometheus.folding import Folding, Look, Sampled
from agents.collector.sources.prometheus.owners import Owner, guess
from agents.collector.sources.prometheus.usage import Span, grid
from agents.collector.sources.watched import WatchedSource
from engine.messages import Cluster, ContainerSpec, Metrics, Roster

A, B, DB = ("shop", "web-a", "app"), ("shop", "web-b", "app"), ("shop", "db-0", "postgres")
NOW_S = 1_780_272_000.0


def facts() -> Facts:
    known = Facts(windows=1)
    known.owners.pods.update({A[:2]: Owner("Deployment", "web"), B[:2]: Owner("Deployment", "web"),
                              DB[:2]: Owner("StatefulSet", "db")})  # fmt: skip
    known.kinds.update(known.owners.kinds())
    known.running |= {A[:2], B[:2], DB[:2]}
    for key in (A, B, DB):
        known.seen[key], known.amounts[key] = 1, np.full((2, 2), np.nan)
    return known


def sampled(
    time_s: dict[Key, float], cpu: dict[Key, float], restarts: dict[Key, float] | None = None, killed: Key | None = None
) -> Sampled:
    return Sampled(time_s, cpu, {}, {}, restarts or {}, frozenset([killed] if killed else []))


def cpu_of(look: Look) -> dict[str, float | None]:
    cpus = zip(look.specs, look.usage.value[:, 0].tolist(), strict=True)
    return {spec.workload: None if np.isnan(cpu) else cpu for spec, cpu in cpus}


def test_doctests() -> None:
    assert all(doctest.testmod(module).failed == 0 for module in (access, expressions, kube_state, owners, usage))


def test_a_scrape_is_told_once_with_what_the_other_replica_had() -> None:
    """web-a is scraped at 0 and 30, web-b at 10: looks at 0, 15, 16 and 30."""
    folding, known = Folding(), facts()
    used = {A: 0.5, B: 0.2, DB: 0.1}
    first = folding.folded(sampled({A: NOW_S, B: NOW_S - 20, DB: NOW_S}, used), known)
    second = folding.folded(sampled({A: NOW_S, B: NOW_S + 10, DB: NOW_S}, used), known)
    third = folding.folded(sampled({A: NOW_S, B: NOW_S + 10, DB: NOW_S}, used), known)
    fourth = folding.folded(sampled({A: NOW_S + 30, B: NOW_S + 10, DB: NOW_S}, used | {A: 0.1}), known)
    assert cpu_of(first) == {"web": 0.5, "db": 0.1}
    assert (cpu_of(second), second.time_s) == ({"web": 0.5, "db": None}, NOW_S + 10)
    assert (cpu_of(third), third.time_s) == ({"web": None, "db": None}, None)
    assert cpu_of(fourth) == {"web": 0.2, "db": None}
    assert next(spec.replicas for spec in first.specs if spec.workload == "web") == 2


def test_sums_over_replicas_and_where_the_largest_was_measured() -> None:
    known = facts()
    known.nodes.update({A[:2]: "n1", B[:2]: "n2", DB[:2]: "n1"})
    known.node_types.update({"n1": "m5.large", "n2": "c5.large"})
    seen = Sampled({A: NOW_S, B: NOW_S, DB: NOW_S}, {A: 0.5, B: 0.7, DB: 0.1}, {A: 10.0, DB: 7.0}, {}, {}, frozenset())
    look = Folding().folded(seen, known)
    [_, metrics] = events_of(look)
    assert [spec.workload for spec in look.specs] == ["db", "web"]
    assert isinstance(metrics, Metrics)
    assert (metrics.cpu_max, metrics.cpu_sum) == ([0.1, 0.7], [0.1, 1.2])
    assert (metrics.memory_max, metrics.memory_sum) == ([7.0, 10.0], [7.0, 10.0])
    assert (metrics.replicas, metrics.measured_on) == ([1, 2], [None, "c5.large"])


def events_of(look: Look) -> list[Roster | Metrics]:
    source = WatchedSource(Cluster(name="shop", slots=1, declared_s=0.0), 15.0, None, lambda: True, lambda: NOW_S)
    source.bring_look(look, NOW_S)
    return list(source.take().events)


def test_what_is_much_older_than_the_newest_is_not_told() -> None:
    """The engine refuses rows over a minute older than their message."""
    look = Folding().folded(sampled({A: NOW_S, DB: NOW_S - 61}, {A: 0.5, DB: 0.1}), facts())
    assert cpu_of(look) == {"web": 0.5, "db": None}


def test_what_the_past_has_told_is_not_told_again() -> None:
    """The newest scrape may be older than the end of the past: then it is in the past's last step."""
    folding, seen = Folding(), sampled({A: NOW_S - 30, DB: NOW_S}, {A: 0.5, DB: 0.1})
    look = folding.folded(seen, facts(), after_s=NOW_S - 30)
    assert look.time_s == NOW_S
    assert cpu_of(look) == {"web": None, "db": 0.1}
    assert folding.folded(seen, facts(), after_s=NOW_S).time_s is None


def test_kills() -> None:
    """Those before the first look are not news; a restart for another reason is none."""
    folding, known = Folding(), facts()
    rounds = [({A: 3.0, DB: 0.0}, A), ({A: 3.0, DB: 0.0}, A), ({A: 4.0, DB: 1.0}, A), ({A: 6.0, DB: 1.0}, A)]
    looks = [folding.folded(sampled({}, {}, restarts, killed), known) for restarts, killed in rounds]
    by_look = [
        {spec.workload: int(kills) for spec, kills in zip(look.specs, look.usage.oom_kills, strict=True)}
        for look in looks
    ]
    assert [kills["web"] for kills in by_look] == [0, 0, 1, 2]
    assert [kills["db"] for kills in by_look] == [0, 0, 0, 0]


def test_slots_are_sent_in_turn_over_the_interval() -> None:
    now = [NOW_S]
    source = WatchedSource(Cluster(name="shop", slots=40, declared_s=0.0), 15.0, None, lambda: True, lambda: now[0])
    specs = [ContainerSpec(namespace="shop", workload=f"w{n}", container="app") for n in range(400)]
    value = np.ones((400, 2))
    at: list[float] = []
    sent: list[Roster | Metrics] = []
    for _ in range(2):
        began_s = now[0]
        source.bring_look(Look(began_s, specs, Usage(value, np.full(400, np.nan), np.zeros(400, np.int64))), began_s)
        for _ in range(GROUPS):
            due_s = source.next_s()
            assert due_s is not None
            now[0] = due_s
            at.append(due_s - began_s)
            sent += source.take().events
        assert source.take().events == []
        now[0] = began_s + 15.0
    assert at == sorted(at[:GROUPS]) * 2
    assert at[0] == 0.0
    assert at[GROUPS - 1] == pytest.approx(14.0)
    for slot in range(40):
        kinds = [type(event) for event in sent if event.slot == slot]
        assert kinds == [Roster, Metrics, Metrics]


def test_names_are_guessed() -> None:
    pods = ["web-6d4cf56db6-x7k2p", "db-12", "agent-h5v2n", "toolbox"]
    expected = [("Deployment", "web"), ("StatefulSet", "db"), ("DaemonSet", "agent"), ("Pod", "toolbox")]
    assert [guess(pod) for pod in pods] == [Owner(*pair) for pair in expected]


def test_spans() -> None:
    span = grid(14.0, NOW_S + 123.0, 300.0)
    assert (span.end_s, span.steps) == (NOW_S, 4032)
    assert set((span.times_s() % 300).tolist()) == {299.0}
    parts = span.parts(1000)
    assert [part.steps for part in parts] == [1000, 1000, 1000, 1000, 32]
    assert all(before.end_s == after.start_s for before, after in itertools.pairwise(parts))
    assert Span(0.0, 0.0, 300.0).parts(5) == []
