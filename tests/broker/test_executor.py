"""The executor as a process on a real broker: what it does, and that no death makes it do anything twice."""

from __future__ import annotations

import json
import random
import signal
import time
import urllib.request
import uuid
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition
from msgspec.structs import replace

from agents.executor.summary import summarise
from agents.simulated.cluster import SimulatedCluster
from engine.broker import admin
from engine.broker.clusters import declare_cluster
from engine.broker.development import DevelopmentBroker
from engine.broker.records import Outgoing, publish
from engine.codec import decode_dead_letter, decode_event, encode
from engine.messages import Command, ContainerSpec, DeadLetter, FreezeCommand, Outcome, Size
from engine.topics import load_topics
from tests.broker.faults.processes import Program, wait_until
from tests.executor.crash import kill_between_apply_and_report

pytestmark = pytest.mark.broker
CONTAINERS = 40
FAR_S = 4e9


def size(step: int) -> Size:
    return Size(cpu_request=0.1 + step / 100, memory_request=64e6)


class Shop:
    """A cluster of forty containers. The nth command of a container takes it to step n."""

    def __init__(self, broker: DevelopmentBroker, folder: Path, name: str) -> None:
        self.broker = broker
        self.name = name
        self.folder = folder
        self.simulated, self.ledger = folder / "cluster.sqlite", folder / "ledger.sqlite"
        declare_cluster(broker.bootstrap, name, containers=300)
        self.cluster = SimulatedCluster(self.simulated)
        names = [f"c{number}" for number in range(CONTAINERS)]
        self.cluster.put([ContainerSpec(namespace="n", workload=w, container="app", size=size(0)) for w in names])
        self.steps: dict[int, int] = defaultdict(int)
        self.sent: list[Command] = []
        self.executor = self.program("executor")

    def program(self, name: str, *more: str) -> Program:
        arguments = ["--broker", self.broker.bootstrap, "--cluster", self.name]
        files = ["--simulated", str(self.simulated), "--ledger", str(self.ledger)]
        return Program(name, ["execute", *arguments, *files, *more], self.folder)

    def send(self, *messages: bytes) -> None:
        publish(self.broker.bootstrap, [Outgoing(f"commands.{self.name}", 0, "key", message) for message in messages])

    def command(self, count: int) -> list[Command]:
        """Sends so many more commands, container after container."""
        commands = [self._next() for _ in range(count)]
        self.send(*map(encode, commands))
        return commands

    def freeze(self, scope: str, frozen: bool) -> None:
        self.send(encode(FreezeCommand(cluster=self.name, frozen=frozen, scope=scope, sent_s=time.time())))

    def raising(self, id_: str, number: int, step: int) -> Command:
        """Takes container `number` from the step before to `step`."""
        return Command(
            id=id_, cluster=self.name, slot=number % 2, container=f"{self.name}/n/c{number}/app", action="resize_up",
            reason="test", time_s=time.time(), valid_until_s=FAR_S, expected=size(step - 1), target=size(step),
        )  # fmt: skip

    def _next(self) -> Command:
        number = len(self.sent) % CONTAINERS
        step = self.steps[number] = self.steps[number] + 1
        self.sent.append(self.raising(f"{number}-{step}", number, step))
        return self.sent[-1]

    def outcomes(self) -> dict[str, list[Outcome]]:
        found: dict[str, list[Outcome]] = defaultdict(list)
        for value in self._read("events"):
            event = decode_event(value)
            if isinstance(event, Outcome) and event.cluster == self.name:
                found[event.command_id].append(event)
        return found

    def dead_letters(self) -> list[DeadLetter]:
        letters = [decode_dead_letter(value) for value in self._read("dead-letter")]
        return [letter for letter in letters if letter.topic == f"commands.{self.name}"]

    def wait_for_outcomes(self) -> dict[str, list[Outcome]]:
        ids = {command.id for command in self.sent}
        wait_until("an outcome of each command", lambda: ids <= self.outcomes().keys(), poll_s=0.2)
        return self.outcomes()

    def written(self) -> list[str]:
        return [write.command_id for write in self.cluster.writes()]

    def check_each_applied_once(self, ledgers: int = 1) -> None:
        """`ledgers`: with several, an outcome that was repeated across them has two times."""
        outcomes = self.wait_for_outcomes()
        written = self.written()
        assert len(written) == len(set(written)), "something was applied twice"
        assert set(written) == {command.id for command in self.sent}
        for reports in outcomes.values():
            assert {report.status for report in reports} == {"applied"}
            assert len({replace(report, sent_s=0.0) for report in reports}) <= ledgers, "two contents"

    def _read(self, topic: str) -> Iterator[bytes]:
        consumer = Consumer({"bootstrap.servers": self.broker.bootstrap, "group.id": "reader", "fetch.wait.max.ms": 10})
        for number in consumer.list_topics(topic).topics[topic].partitions:
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, number))
            consumer.assign([TopicPartition(topic, number, low)])
            for _ in range(low, high):
                message = consumer.poll(10.0)
                assert message is not None
                yield message.value()
        consumer.close()


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevelopmentBroker]:
    """One for all tests of this file: each has its own cluster, and whoever kills the broker starts it again."""
    with DevelopmentBroker(tmp_path_factory.mktemp("kafka")) as broker:
        admin.apply(admin.connect(broker.bootstrap), load_topics())
        yield broker


@pytest.fixture
def shop(kafka: DevelopmentBroker, tmp_path: Path) -> Iterator[Shop]:
    made = Shop(kafka, tmp_path, f"shop-{uuid.uuid4().hex[:8]}")
    yield made
    made.executor.end()


def test_applies_refuses_freezes_and_sets_aside(shop: Shop) -> None:
    shop.executor.start()
    shop.command(4)
    shop.send(b'{"kind":"resize"')
    shop.freeze("n/c4", True)
    during = shop.command(2)  # c4 is frozen, c5 is not
    outcomes = shop.wait_for_outcomes()
    assert [outcomes[command.id][0].reason for command in during] == ["frozen", ""]
    assert [letter.reason for letter in shop.dead_letters()] == ["malformed"]

    shop.executor.stop()
    shop.executor.start()
    shop.send(encode(shop.raising("still frozen", 4, 1)))
    shop.freeze("n/c4", False)
    shop.send(encode(shop.raising("thawed", 4, 1)))
    wait_until("the last outcome", lambda: shop.outcomes().get("thawed"))
    outcomes = shop.outcomes()
    assert (outcomes["still frozen"][0].reason, outcomes["thawed"][0].status) == ("frozen", "applied")
    shop.executor.stop()
    summary = summarise(shop.ledger)
    assert (summary.applied, summary.refused, len(summary.latencies_s)) == (6, {"frozen": 2}, 8)


def test_metrics_and_probes(shop: Shop) -> None:
    shop.executor.start()
    shop.command(1)
    shop.wait_for_outcomes()
    started = next(json.loads(line) for line in shop.executor.log.read_text().splitlines() if '"started"' in line)
    address = f"http://127.0.0.1:{started['http_port']}"
    for path in ("live", "ready"):
        with urllib.request.urlopen(f"{address}/{path}") as answer:
            assert answer.read() == b"ok\n"
    with urllib.request.urlopen(f"{address}/metrics") as answer:
        text = answer.read().decode()
    assert 'trimtab_executor_commands_total{reason="",result="applied"} 1.0' in text
    assert 'trimtab_executor_latency_seconds_bucket{le="10.0"} 1.0' in text
    assert "trimtab_executor_ledger_commands 1.0" in text


def test_killed_between_applying_and_reporting(shop: Shop) -> None:
    shop.executor.start()
    shop.command(CONTAINERS)
    shop.wait_for_outcomes()
    for strike in range(5):
        struck = kill_between_apply_and_report(
            shop.executor.kill, shop.simulated, shop.ledger, lambda strike=strike: shop.command(1 + strike)  # type: ignore[misc]
        )
        assert struck
        assert not any(id_ in shop.outcomes() for id_ in struck), "it had reported: this was another moment"
        shop.executor.start()
        shop.wait_for_outcomes()
    shop.check_each_applied_once()
    assert shop.executor.exits == [-signal.SIGKILL] * 5


def test_killed_at_random_moments_under_load(shop: Shop) -> None:
    moments = random.Random(3)
    for _ in range(6):
        shop.executor.start()
        before = len(shop.written())
        shop.command(300)
        wait_until("work", lambda before=before: len(shop.written()) > before, poll_s=0.002)  # type: ignore[misc]
        time.sleep(moments.uniform(0.0, 0.15))
        shop.executor.kill()
    shop.executor.start()
    shop.check_each_applied_once()
    assert len(shop.written()) == 1800


def test_a_broker_that_dies_and_comes_back(shop: Shop) -> None:
    shop.executor.start()
    shop.command(20)
    shop.wait_for_outcomes()
    shop.broker.kill()
    time.sleep(3.0)
    assert shop.executor.running
    shop.broker.start()
    shop.command(200)
    shop.check_each_applied_once()
    shop.executor.stop()


def test_stopped_while_the_broker_is_away_what_was_done_is_reported_at_the_next_start(shop: Shop) -> None:
    shop.executor.start()
    shop.command(5)
    shop.wait_for_outcomes()
    shop.broker.kill()
    shop.executor.stop()
    shop.broker.start()
    shop.command(5)
    shop.executor.start()
    shop.check_each_applied_once()


def test_of_two_executors_one_works_and_the_other_takes_over(shop: Shop) -> None:
    shop.executor.start()
    shop.command(10)
    shop.wait_for_outcomes()
    second = shop.program("second", "--ledger", str(shop.folder / "second.sqlite")).start()
    try:
        shop.command(100)
        shop.wait_for_outcomes()
        shop.executor.kill()
        shop.command(100)
        shop.check_each_applied_once(ledgers=2)
    finally:
        second.end()


def test_one_that_takes_over_knows_what_is_frozen(shop: Shop) -> None:
    shop.executor.start()
    for scope, frozen in (("n/c0", True), ("n/c1", True), ("n/c1", False)):
        shop.freeze(scope, frozen)
    shop.command(3)
    shop.wait_for_outcomes()
    second = shop.program("second", "--ledger", str(shop.folder / "second.sqlite")).start()
    try:
        shop.executor.kill()
        refused, applied = shop.raising("frozen before", 0, 1), shop.raising("thawed before", 1, 2)
        shop.send(encode(refused), encode(applied))
        wait_until("outcomes", lambda: {refused.id, applied.id} <= shop.outcomes().keys())
        outcomes = shop.outcomes()
        assert (outcomes[refused.id][0].reason, outcomes[applied.id][0].status) == ("frozen", "applied")
    finally:
        second.end()


def test_what_a_person_can_mend_is_one_sentence(shop: Shop) -> None:
    shop.executor.start()
    wait_until("the ledger", shop.ledger.exists)
    for name, more, sentence in (
        ("absent", ["--broker", "127.0.0.1:1"], "No Kafka answers at 127.0.0.1:1"),
        ("undeclared", ["--cluster", "bank"], "Cluster bank is not declared"),
        ("clock", ["--clock", "replay"], "declared with the wall clock"),
        ("target", ["--target", "nomad"], "--target nomad is unknown"),
        ("kubeconfig", ["--target", "kubernetes", "--kubeconfig", "nowhere"], "No Kubernetes cluster is configured"),
        ("locked", [], "is in use by another executor"),
    ):
        program = shop.program(name, *more)
        if name in ("target", "kubeconfig"):
            program.arguments += ["--ledger", str(shop.folder / "own.sqlite")]
        assert program.start().wait() == 2
        said = program.log.read_text()
        assert sentence in said
        assert "Traceback" not in said
