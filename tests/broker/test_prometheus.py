"""`trimtab collect prometheus` as a process: a real Prometheus that scrapes, a real Kafka, and both collector and
Prometheus killed on the way. The past precedes what is live in each slot, nothing comes twice, nothing is missing."""

from __future__ import annotations

import signal
import sqlite3
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from agents.collector.message import samples_in
from engine.broker import admin
from engine.broker.clusters import declare_cluster
from engine.broker.development import DevelopmentBroker
from engine.codec import decode_event, encode
from engine.messages import Metrics, Roster
from engine.topics import load_topics
from tests.broker.faults.processes import Program, wait_until
from tests.broker.test_collector import log_of
from tests.collector.prometheus.server import PrometheusServer
from tests.collector.prometheus.shop import MIB, Pod, flat, past
from tests.collector.prometheus.target import Target

pytestmark = pytest.mark.broker
CLUSTER = "shop"
CONTAINERS = 12
DAYS = 0.5
STEP_S = 300.0


def pods() -> list[Pod]:
    return [
        Pod("shop", f"w{n}-0", "app", ("StatefulSet", f"w{n}"), flat(0.1 * (n + 1)), flat((50 + n) * MIB))
        for n in range(CONTAINERS)
    ]


def taken(spool: Path) -> int:
    """Samples taken in; 0 before there is a spool."""
    try:
        with closing(sqlite3.connect(f"file:{spool}?mode=ro", timeout=10, uri=True)) as database:
            found = database.execute("SELECT SUM(value) FROM counters WHERE name = 'samples_taken'").fetchone()
            return int(found[0] or 0)
    except sqlite3.OperationalError:
        return 0


def events_of(broker: DevelopmentBroker) -> dict[str, list[Roster | Metrics]]:
    """By slot, each once: what was on its way at the SIGKILL is sent again, the same but for when it was sent, and the
    engine recognises it (`agents.collector.sender`)."""
    slots: dict[str, dict[bytes, Roster | Metrics]] = defaultdict(dict)
    for key, value, _ in log_of(broker.bootstrap, CLUSTER):
        event = decode_event(value)
        if isinstance(event, Roster | Metrics):
            slots[key].setdefault(encode(replace(event, sent_s=0.0)), event)
    return {key: list(events.values()) for key, events in slots.items()}


def test_past_then_live_with_everything_killed_once(own_broker: DevelopmentBroker, tmp_path: Path) -> None:
    admin.apply(admin.connect(own_broker.bootstrap), load_topics())
    declare_cluster(own_broker.bootstrap, CLUSTER, containers=600, clock="wall", sent_s=0.0)
    now_s = time.time()
    start_s = now_s - now_s % STEP_S - DAYS * 86_400 - STEP_S
    days = (now_s - 60.0 - start_s) / 86_400
    with (
        Target(pods(), start_s) as target,
        PrometheusServer(tmp_path / "prometheus", past(pods(), start_s, days), target.address) as prometheus,
    ):
        spool = tmp_path / "spool" / f"{CLUSTER}.sqlite"
        arguments = ["--broker", own_broker.bootstrap, "--cluster", CLUSTER, "--spool-dir", str(spool.parent)]
        own = ["--url", prometheus.url, "--days", str(DAYS), "--interval", "5"]
        collector = Program("collector", ["collect", "prometheus", *arguments, *own], tmp_path)
        try:
            collector.start()
            wait_until("some of the past", lambda: taken(spool) > 20 * CONTAINERS)
            collector.kill()
            collector.start()
            whole = int(DAYS * 86_400 / STEP_S * CONTAINERS)
            wait_until("all of the past and something live", lambda: taken(spool) > whole + 3 * CONTAINERS)
            changed_s = time.time()
            target.requests["w3-0"], target.kills["w5-0"] = 0.8, 1
            wait_until("another size", lambda: told_size(own_broker, changed_s), timeout_s=90)
            prometheus.kill()
            wait_until("it is said that it is away", lambda: collector.said("prometheus_away"))
            before = taken(spool)
            prometheus.start()
            wait_until("it is said that it answers", lambda: collector.said("prometheus_answers_again"))
            wait_until("more that is live", lambda: taken(spool) > before + CONTAINERS)
            collector.stop()
        finally:
            collector.end()
    assert collector.exits == [-signal.SIGKILL, 0]
    slots = events_of(own_broker)
    told = [event for events in slots.values() for event in events if isinstance(event, Metrics)]
    assert taken(spool) == sum(map(samples_in, told)), "nothing is taken twice"
    check(slots, start_s, now_s)


def told_size(broker: DevelopmentBroker, after_s: float) -> bool:
    rosters = [e for events in events_of(broker).values() for e in events if isinstance(e, Roster)]
    specs = [spec for roster in rosters if roster.time_s > after_s for spec in roster.containers]
    return any(spec.workload == "w3" and spec.size.cpu_request == 0.8 for spec in specs)


def check(slots: dict[str, list[Roster | Metrics]], start_s: float, now_s: float) -> None:
    assert len(slots) == 4
    samples: dict[str, list[tuple[float, float]]] = defaultdict(list)
    kills: dict[str, int] = defaultdict(int)
    for key, events in slots.items():
        times = [event.time_s for event in events]
        assert times == sorted(times), f"{key} is not in the order of time"
        rosters: dict[str, list[str]] = {}
        for event in events:
            if isinstance(event, Roster):
                rosters[event.roster] = [spec.workload for spec in event.containers]
                continue
            for row, name in enumerate(rosters[event.roster]):
                cpu = event.cpu_max[row]
                own_s = None if event.times_s is None else event.times_s[row]
                if cpu is not None:
                    samples[name].append((event.time_s if own_s is None else own_s, cpu))
                kills[name] += (event.oom_kills or {row: 0})[row] or 0
    assert {name: count for name, count in kills.items() if count} == {"w5": 1}
    for number in range(CONTAINERS):
        found = samples[f"w{number}"]
        times = [time_s for time_s, _ in found]
        assert times == sorted(set(times)), "nothing comes twice"
        old = [time_s for time_s in times if time_s < now_s - STEP_S]
        assert len(old) >= DAYS * 86_400 / STEP_S - 2, "nothing is missing"
        assert len([time_s for time_s in times if time_s > now_s]) >= 3
        assert all(abs(cpu - 0.1 * (number + 1)) < 0.02 * (number + 1) for time_s, cpu in found if time_s < now_s - 600)
