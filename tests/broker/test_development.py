"""The development broker itself: real Apache Kafka."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from engine.broker.development import DevelopmentBroker
from engine.broker.ports import free_port
from engine.broker.readiness import answers
from engine.errors import UserError
from tests.brokers import until

pytestmark = pytest.mark.broker


def test_the_sessions_broker_takes_and_gives(broker: str, prefix: Callable[[str], str]) -> None:
    topic = prefix("letters")
    make_topic(broker, topic)
    produce(broker, topic, b"one")
    assert first_value(broker, topic) == b"one"


def test_data_and_port_survive_a_kill(own_broker: DevelopmentBroker) -> None:
    make_topic(own_broker.bootstrap, "letters")
    produce(own_broker.bootstrap, "letters", b"kept")
    address, pid = own_broker.bootstrap, own_broker.pid
    own_broker.kill()
    assert not answers(address, 0.5)
    own_broker.start()
    assert own_broker.bootstrap == address
    assert own_broker.pid != pid
    assert first_value(address, "letters") == b"kept"


def test_the_jvm_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    program = (
        "import time, pathlib, sys\n"
        "from engine.broker.development import DevelopmentBroker\n"
        "print(DevelopmentBroker(pathlib.Path(sys.argv[1])).start().pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    java = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    psutil.wait_procs([java], timeout=10)
    assert not java.is_running() or java.status() == psutil.STATUS_ZOMBIE


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port := free_port()))
        other.listen()
        with pytest.raises(UserError, match=f"^port {port} is taken"):
            DevelopmentBroker(tmp_path, port).start()


@pytest.mark.parametrize(("missing", "sentence"), [("java", "there is no `java`"), ("mvn", "there is no `mvn`")])
def test_a_missing_tool_is_one_sentence(
    missing: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    if missing == "mvn":
        java = tools / "java"
        java.write_text('#!/bin/sh\necho \'openjdk version "17.0.1"\' >&2\n')
        java.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}")
    monkeypatch.setenv("TRIMTAB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(UserError, match=sentence):
        DevelopmentBroker(tmp_path / "data").start()


def test_kafka_start_runs_until_it_is_told_to_stop(tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "engine.cli.main", "kafka", "start", "--port", str(port := free_port())]
    with (tmp_path / "said").open("wb") as said:
        command = subprocess.Popen([*arguments, "--data", str(tmp_path / "data")], stderr=said, stdout=said)
    until(lambda: answers(f"127.0.0.1:{port}", 0.5))
    until(lambda: b"ready" in (tmp_path / "said").read_bytes())
    children = psutil.Process(command.pid).children()
    os.kill(command.pid, signal.SIGINT)
    assert command.wait(30) == 0
    assert not [child for child in children if child.is_running()]
    assert f"127.0.0.1:{port}" in (tmp_path / "said").read_text()


def make_topic(bootstrap: str, topic: str) -> None:
    client = AdminClient({"bootstrap.servers": bootstrap})
    client.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])[topic].result()


def produce(bootstrap: str, topic: str, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all"})
    producer.produce(topic, value)
    assert producer.flush(20) == 0


def first_value(bootstrap: str, topic: str) -> bytes:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": topic, "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    try:
        message = consumer.poll(30)
        assert message is not None
        assert message.error() is None
        return bytes(message.value())
    finally:
        consumer.close()
