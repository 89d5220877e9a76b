"""The engine as a process on a real broker: it folds, says so, commits what is durable, and goes on where it was."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from engine.broker import admin
from engine.broker.development import DevelopmentBroker
from engine.broker.records import Outgoing, publish
from engine.codec import encode, roster_hash
from engine.core.snapshot import unpack
from engine.identity import partition_of, slot_key, slot_of
from engine.messages import ContainerSpec, Metrics, Roster
from engine.shell.settings import APP_ID, CHANGELOG, EVENTS
from tests.broker.faults.processes import Program, wait_until
from tests.brokers import apply_topics, declare

pytestmark = pytest.mark.broker
CLUSTER = "shop"
SPECS = [ContainerSpec(namespace="web", workload=f"w{n}", container="app", node_type="m5.large") for n in range(3)]
ROSTER = roster_hash(SPECS)


@pytest.fixture
def engine(own_broker: DevelopmentBroker, tmp_path: Path) -> Iterator[Program]:
    arguments = ["engine", "--broker", own_broker.bootstrap, "--data-dir", str(tmp_path / "a" / "b")]
    quick = ["--checkpoint-interval", "1", "--session-timeout", "6", "--heartbeat-interval", "1"]
    program = Program("engine", [*arguments, *quick], tmp_path)
    yield program
    program.end()


class Shop:
    """Writes the events of one slot."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.partitions = admin.declared_partitions(admin.connect(bootstrap), EVENTS)
        self.partition = partition_of(CLUSTER, 0, self.partitions)
        self.base_s = float(int(time.time()) // 300 * 300 - 3600)
        assert slot_of("web", "w0", 1) == 0

    def roster(self) -> None:
        time_s = self.base_s
        self._send(Roster(cluster=CLUSTER, slot=0, sent_s=time_s, time_s=time_s, roster=ROSTER, containers=SPECS))

    def metrics(self, minute: int) -> None:
        time_s = self.base_s + 60.0 * minute
        usage: list[float | None] = [0.1, 0.2, 0.3]
        self._send(
            Metrics(
                cluster=CLUSTER, slot=0, sent_s=time_s, time_s=time_s, roster=ROSTER, cpu_max=usage, memory_max=usage
            )
        )

    def garbage(self) -> None:
        publish(self.bootstrap, [Outgoing(EVENTS, self.partition, slot_key(CLUSTER, 0), b'{"kind": "metr')])

    def _send(self, event: Roster | Metrics) -> None:
        publish(self.bootstrap, [Outgoing(EVENTS, self.partition, slot_key(CLUSTER, 0), encode(event))])

    def consumer(self) -> Consumer:
        return Consumer({"bootstrap.servers": self.bootstrap, "group.id": APP_ID, "enable.auto.commit": False})

    def committed(self) -> int:
        consumer = self.consumer()
        offset: int = consumer.committed([TopicPartition(EVENTS, self.partition)], timeout=10)[0].offset
        consumer.close()
        return offset

    def last_row(self) -> bytes:
        consumer = self.consumer()
        end = consumer.get_watermark_offsets(TopicPartition(CHANGELOG, self.partition), timeout=10)[1]
        consumer.assign([TopicPartition(CHANGELOG, self.partition, end - 1)])
        row = consumer.poll(10)
        assert row is not None
        assert row.key() == slot_key(CLUSTER, 0).encode()
        consumer.close()
        value: bytes = row.value()
        return value


def get(engine: Program, path: str, since: int = 0) -> tuple[int, str]:
    port = engine.wait_for("http_listening", since)["port"]
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def watermark(engine: Program, since: int = 0) -> float:
    clusters: dict[str, Any] = json.loads(get(engine, "/progress", since)[1])["clusters"]
    return float(clusters.get(CLUSTER, {"watermark_s": -1})["watermark_s"])


def test_a_worker_folds_commits_stops_and_goes_on(own_broker: DevelopmentBroker, engine: Program) -> None:
    apply_topics(own_broker.bootstrap)
    declare(own_broker.bootstrap, CLUSTER, containers=3, clock="replay")
    shop = Shop(own_broker.bootstrap)
    shop.roster()
    engine.start()
    for minute in range(20):
        shop.metrics(minute)
    shop.garbage()
    wait_until("all is folded", lambda: watermark(engine) == shop.base_s + 19 * 60)
    wait_until("ready", lambda: get(engine, "/ready")[0] == 200)
    assert get(engine, "/live") == (200, "ok\n")
    #   declare, roster, 20 metrics, garbage: 23 events
    wait_until("all is committed", lambda: shop.committed() == 23)
    assert unpack(shop.last_row()).applied == 22
    wait_until("counted", lambda: 'trimtab_engine_samples{result="folded"} 60.0' in get(engine, "/metrics")[1])
    assert 'trimtab_engine_dead_letters_total{reason="malformed"} 1.0' in get(engine, "/metrics")[1]

    engine.stop()
    shop.metrics(20)
    shop.metrics(21)
    again = engine.position()
    engine.start()
    wait_until("it goes on", lambda: watermark(engine, again) == shop.base_s + 21 * 60)
    assert engine.wait_for("recovered", again)["slots"] == 1
    wait_until("all is committed", lambda: shop.committed() == 25)
    assert unpack(shop.last_row()).counters["samples_folded"] == 66, "nothing twice, nothing lost"
    engine.stop()


def test_missing_topics_are_one_sentence(own_broker: DevelopmentBroker, engine: Program) -> None:
    engine.start()
    assert engine.wait() == 2
    assert "run `trimtab topics apply`" in engine.tail()
    assert "Traceback" not in engine.tail()
