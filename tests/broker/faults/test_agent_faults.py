"""The broker, the collector and the executor killed: nothing that was taken in is lost, nothing is applied twice."""

from __future__ import annotations

import signal
import time

import pytest
from msgspec.structs import replace

from agents.collector.message import Message
from agents.collector.spool import Spool
from engine.codec import decode_event, encode
from engine.core.batch import samples_in
from engine.messages import Metrics
from engine.shell.settings import LARGEST_MESSAGE
from tests.broker.faults.checks import check
from tests.broker.faults.clusters import Cluster, counters, query, writes
from tests.broker.faults.processes import wait_until
from tests.broker.faults.recorded import Stored
from tests.broker.faults.system import System

pytestmark = pytest.mark.broker
KILLS = 3
MOST_KILLS = 15


def unsent(payload: bytes) -> bytes:
    """An event without the time at which it was sent, which is not known in the spool."""
    return encode(replace(decode_event(payload), sent_s=0.0))


def in_the_log(log: list[Stored]) -> set[bytes]:
    return {unsent(record.value or b"") for record in log}


def waiting(cluster: Cluster) -> set[bytes]:
    """Messages in the collector's spool."""
    return {unsent(payload) for (payload,) in query(cluster.spool, "SELECT payload FROM messages")}


def test_broker_killed_and_the_collector_while_it_is_away(system: System) -> None:
    engine = system.engine("engine")
    engine.start().wait_for("running")
    system.supervised.append(engine)
    system.start_agents()
    wait_until("20 commands", lambda: len(system.commanded()) >= 20, poll_s=0.3)
    north = system.clusters[0]
    broker_pid = system.broker.pid
    system.broker.kill()
    wait_until("messages in the spool", lambda: len(waiting(north)) >= 2)
    north.collector.kill()
    left_behind = waiting(north)
    time.sleep(2.0)
    assert not system.broker.running
    system.broker.start()
    north.collector.start()
    system.wait_for_quiet()
    engine.stop()

    run = check(system)
    assert system.broker.pid != broker_pid
    assert north.collector.exits == [-signal.SIGKILL, 0]
    assert left_behind
    assert left_behind <= in_the_log(run.log), "a message of the spool is not in the log"
    for cluster in system.clusters:
        count = counters(cluster)
        assert count["samples_taken"] == count["samples_sent"] == cluster.samples
        assert different_samples(run.log, cluster.name) == cluster.samples


def different_samples(log: list[Stored], cluster: str) -> int:
    """Samples of a cluster in the log; a scrape that is there twice counts once."""
    found: dict[tuple[int, float], int] = {}
    for record in log:
        event = decode_event(record.value or b"")
        if event.cluster == cluster and isinstance(event, Metrics):
            found[event.slot, event.time_s] = samples_in(event)
    return sum(found.values())


def test_executor_killed_between_applying_and_reporting(system: System) -> None:
    engine = system.engine("engine")
    engine.start().wait_for("running")
    system.start_agents()
    struck = 0
    for number in range(MOST_KILLS):
        cluster = system.clusters[number % 2]
        struck += kill_after_a_write(cluster)
        if struck >= KILLS:
            break
    system.wait_for_quiet()
    engine.stop()

    check(system)
    assert struck >= KILLS, f"{struck} of {MOST_KILLS} kills came between applying and reporting"


def kill_after_a_write(cluster: Cluster) -> bool:
    """SIGKILL as soon as the simulated cluster has one write more; whether that came before the report."""
    before = len(writes(cluster))
    wait_until("a write", lambda: len(writes(cluster)) > before, poll_s=0.0)
    cluster.executor.kill()
    unreported = {id_ for (id_,) in query(cluster.ledger, "SELECT id FROM commands WHERE phase != 'reported'")}
    struck = bool(unreported & set(writes(cluster)))
    cluster.executor.start()
    return struck


def test_what_the_broker_refuses_holds_no_collector_up(system: System) -> None:
    """One message larger than the topic allows, one that only becomes so by its envelope; then the replay."""
    north = system.clusters[0]
    spool = Spool(north.spool, limit_bytes=2**30, limit_age_s=1e6)
    sizes = (LARGEST_MESSAGE + 1, LARGEST_MESSAGE)
    spool.put([Message(0, "north/2", "metrics", 7, 0.0, b" " * size) for size in sizes], time.time())
    spool.close()
    engine = system.engine("engine")
    engine.start().wait_for("running")
    north.collector.start()
    wait_until("two messages set aside", lambda: len(set_aside(north)) == 2, poll_s=0.1)
    wait_until("samples sent behind them", lambda: counters(north).get("samples_sent", 0) > 0, poll_s=0.1)
    assert [reason for _, reason in set_aside(north)] == ["larger_than_the_topic_allows", "MessageSizeTooLargeError"]
    assert [entry["samples"] for entry in north.collector.said("message_set_aside")] == [7, 7]
    assert counters(north)["samples_set_aside"] == 14
    assert engine.running


def set_aside(cluster: Cluster) -> list[tuple[int, str]]:
    """Samples of each message that the collector set aside, and why."""
    return query(cluster.spool, "SELECT samples, reason FROM set_aside ORDER BY id")
