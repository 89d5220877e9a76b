"""`trimtab get`, `describe` and `freeze` of what collector, engine and executor have written into a real Kafka."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.broker.development import DevelopmentBroker
from engine.broker.reading import read_topic
from engine.broker.records import Outgoing, publish
from engine.cli.main import cli
from engine.codec import decode_command, decode_event, encode, roster_hash
from engine.core.snapshot import pack
from engine.core.state import SlotState
from engine.errors import UserError
from engine.identity import commands_topic, partition_of, slot_key, slot_of, slots_for, workload_id
from engine.messages import (
    Aggregate,
    Cluster,
    ContainerSpec,
    Control,
    Freeze,
    FreezeCommand,
    Outcome,
    Policy,
    PolicyRule,
    ResourceHours,
    Roster,
    SetPolicy,
    Size,
)
from engine.units import GIB, HOUR_S
from tests.broker.test_clusters import PARTITIONS
from tests.brokers import apply_topics, declare, until
from tests.console.made import decision, judgement

pytestmark = pytest.mark.broker
CONTAINERS = 300
SIZE = Size(cpu_request=0.5, memory_request=GIB)
SPECS = [
    ContainerSpec(namespace=f"n{number % 10}", workload=f"w{number}", container="app", size=SIZE)
    for number in range(CONTAINERS)
]


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with DevelopmentBroker(tmp_path_factory.mktemp("kafka")) as started:
        apply_topics(started.bootstrap)
        cluster = declare(started.bootstrap, "shop", CONTAINERS)
        publish(started.bootstrap, [*rosters(cluster), *states(cluster), *said(cluster)])
        yield started.bootstrap


def of_slot(cluster: Cluster, slot: int) -> list[ContainerSpec]:
    return [spec for spec in SPECS if slot_of(spec.namespace, spec.workload, cluster.slots) == slot]


def at(cluster: Cluster, topic: str, slot: int, value: bytes) -> Outgoing:
    return Outgoing(topic, partition_of(cluster.name, slot, PARTITIONS), slot_key(cluster.name, slot), value)


def rosters(cluster: Cluster) -> list[Outgoing]:
    now = time.time()
    found = []
    for slot in range(cluster.slots):
        specs = of_slot(cluster, slot)
        roster = Roster(
            cluster="shop", slot=slot, sent_s=now, time_s=now, roster=roster_hash(specs), containers=specs
        )  # fmt: skip
        found.append(at(cluster, "events", slot, encode(roster)))
    return found


def states(cluster: Cluster) -> list[Outgoing]:
    policy = SetPolicy(rules=[PolicyRule(scope="n1/w1", policy=Policy(protected=True))])
    return [
        at(
            cluster, "trimtab-engine-state-changelog", slot,
            pack(SlotState("shop", slot, cluster.slots, policy=policy, stages={"n1": "full"}, freezes={"n2": True})),
        )
        for slot in range(cluster.slots)
    ]  # fmt: skip


def said(cluster: Cluster) -> list[Outgoing]:
    """20 decisions of each container, an outcome, a judgement and an hour."""
    now = time.time()
    records = []
    for number, spec in enumerate(SPECS):
        name = f"shop/{spec.namespace}/{spec.workload}/app"
        for back in range(20, 0, -1):
            one = decision(name, now - 60 * back, target=Size(cpu_request=0.3, memory_request=GIB))
            records.append(Outgoing("decisions", number % 12, name, encode(one)))
    slot = slot_of("n1", "w1", cluster.slots)
    last = decision("shop/n1/w1/app", now - 60, target=Size(cpu_request=0.3, memory_request=GIB))
    records.append(Outgoing("decisions", 1, last.container, encode(judgement(last, True))))
    outcome = Outcome(
        cluster="shop", slot=slot, sent_s=now, container=last.container, command_id=last.id, status="applied",
        size=last.target, time_s=now - 30,
    )  # fmt: skip
    records.append(at(cluster, "events", slot, encode(outcome)))
    hour = Aggregate(
        cluster="shop", slot=slot, namespace="n1", workload="w1", hour_s=now // HOUR_S * HOUR_S - HOUR_S,
        cpu=ResourceHours(used=0.25), memory=ResourceHours(used=0.5),
    )  # fmt: skip
    key = workload_id("shop", "n1", "w1")
    return [*records, Outgoing("aggregates", 0, key, encode(hour)), Outgoing("aggregates", 0, key, encode(hour))]


def called(bootstrap: str, *arguments: str) -> Result:
    result = CliRunner().invoke(cli, [*arguments, "--broker", bootstrap], standalone_mode=False)
    assert result.exception is None, (result.exception, result.exc_info)
    return result


def test_decisions_of_a_cluster_of_300_containers_quickly(bootstrap: str) -> None:
    command = [sys.executable, "-m", "engine.cli.main", "get", "decisions", "--broker", bootstrap]
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    took_s = time.monotonic() - began
    lines = done.stdout.splitlines()
    assert lines[0].split() == [
        "NAMESPACE", "NAME", "ACTION", "REASON", "CPU", "MEMORY", "SAVING", "STATUS", "AGE",
    ]  # fmt: skip
    assert len(lines) == 1 + 20 * CONTAINERS
    assert took_s < 20, "on a busy machine; on a free one it is well below 2 s"


def test_containers_of_a_namespace_have_their_last_decision(bootstrap: str) -> None:
    lines = called(bootstrap, "get", "co", "-n", "n1").stdout.splitlines()
    assert lines[0].split() == [
        "NAME", "KIND", "REPLICAS", "CPU", "MEMORY", "ACTION", "SAVING", "STATUS", "AGE",
    ]  # fmt: skip
    assert len(lines) == 1 + CONTAINERS // 10
    [line] = [line.split() for line in lines if line.startswith("w1/app ")]
    assert line[:6] == ["w1/app", "Deployment", "1", "500m->300m", "1024Mi", "resize_down"]


def test_names_and_json(bootstrap: str) -> None:
    named = called(bootstrap, "get", "containers", "n1/w1", "-o", "name").stdout
    assert named == "container/n1/w1/app\n"
    found = json.loads(called(bootstrap, "get", named.strip(), "-o", "json").stdout)
    assert (found["kind"], found["decision"]["target"]["cpu_request"]) == ("container", 0.3)
    listed = json.loads(called(bootstrap, "get", "decisions", "n1/w1", "-l", "judged=right", "-o", "json").stdout)
    assert [one["judgement"]["right"] for one in [listed]] == [True]


def test_a_name_that_there_is_not(bootstrap: str) -> None:
    result = called(bootstrap, "describe", "container", "n1/w1/ap")
    assert result.return_value == 1
    assert "containers 'n1/w1/ap' not found: did you mean n1/w1/app" in result.stderr


def test_outcomes_policies_and_freezes(bootstrap: str) -> None:
    assert called(bootstrap, "get", "outcomes", "--no-headers").stdout.split()[:5] == [
        "n1", "w1/app", "applied", "<none>", "300m",
    ]  # fmt: skip
    assert called(bootstrap, "get", "freezes", "--no-headers").stdout.split() == ["n2", "freeze"]
    assert called(bootstrap, "get", "freezes", "-n", "n1").stdout == ""
    assert [line.split() for line in called(bootstrap, "get", "policies", "--no-headers").stdout.splitlines()] == [
        ["n1", "control", '{"autopilot":"full"}'],
        ["n1/w1", "policy", '{"protected":true}'],
    ]


def test_describe_says_where_the_policy_is_from(bootstrap: str) -> None:
    text = called(bootstrap, "describe", "container", "w1/app", "-n", "n1").stdout
    words = [line.split() for line in text.splitlines()]
    assert ["autopilot", "full", "trimtab", "control", "autopilot,", "n1"] in words
    assert ["protected", "yes", "the", "policy's", "rule", "n1/w1"] in words
    assert "  cpu         █  250m to 250m" in text, "its hour counts once"
    assert "p50 ▅█  p95 ▆█" in text
    assert len([line for line in text.splitlines() if line.startswith("  NAME ")]) == 2, "decisions and outcomes"
    assert "Judged: it was right" in text
    assert "Frozen:       no" in text
    assert "Frozen:       yes, by n2" in called(bootstrap, "describe", "co", "n2/w2/app").stdout


def test_a_watch_shows_what_is_new(bootstrap: str, tmp_path: Path) -> None:
    """After the list: a new decision, once although it comes twice."""
    command = [sys.executable, "-u", "-m", "engine.cli.main", "get", "decisions", "n3/w3", "-w", "--broker", bootstrap]
    shown = tmp_path / "shown"
    with shown.open("w") as file:
        process = subprocess.Popen(command, stdout=file, text=True)
    try:
        until(lambda: len(shown.read_text().splitlines()) == 21)
        one = decision("shop/n3/w3/app", time.time(), action="urgent_up")
        record = Outgoing("decisions", 3, one.container, encode(one))
        publish(bootstrap, [record, record, Outgoing("decisions", 4, "shop/n4/w4/app", record.value)])
        until(lambda: "urgent_up" in shown.read_text())
        time.sleep(1)
        assert len(shown.read_text().splitlines()) == 22
    finally:
        process.terminate()
        process.wait(20)


def test_freeze_and_unfreeze_reach_the_slot_and_the_executor(bootstrap: str) -> None:
    assert "n1/w1 of cluster shop frozen: written into 1 slot" in called(bootstrap, "freeze", "n1/w1").stdout
    assert "n1/w1 of cluster shop no longer frozen" in called(bootstrap, "unfreeze", "n1/w1").stdout
    told = [decode_command(value or b"") for _, value in read_topic(bootstrap, commands_topic("shop"), [0])]
    assert [(one.scope, one.frozen) for one in told if isinstance(one, FreezeCommand)] == [
        ("n1/w1", True), ("n1/w1", False),
    ]  # fmt: skip
    slot = slot_of("n1", "w1", slots_for(CONTAINERS))
    partition = partition_of("shop", slot, PARTITIONS)
    events = [decode_event(value or b"") for _, value in read_topic(bootstrap, "events", [partition])]
    bodies = [one.body for one in events if isinstance(one, Control) and one.slot == slot]
    assert [body.frozen for body in bodies if isinstance(body, Freeze)] == [True, False]


def test_a_whole_cluster_is_frozen_only_by_its_name(bootstrap: str) -> None:
    error = CliRunner().invoke(cli, ["freeze", "--broker", bootstrap], standalone_mode=False).exception
    assert isinstance(error, UserError)
    assert "name a scope" in str(error)


def test_completion_names_what_there_is(bootstrap: str) -> None:
    words = {"COMP_WORDS": f"trimtab describe container --broker {bootstrap} n1/w1", "COMP_CWORD": "5"}
    words["_TRIMTAB_COMPLETE"] = "bash_complete"
    result = CliRunner().invoke(cli, [], prog_name="trimtab", complete_var="_TRIMTAB_COMPLETE", env=words)
    assert "plain,n1/w1/app" in result.stdout.splitlines()


def test_several_clusters_must_be_told_apart(bootstrap: str) -> None:
    """After those that name none."""
    declare(bootstrap, "mill", 10)
    error = CliRunner().invoke(cli, ["get", "decisions", "--broker", bootstrap], standalone_mode=False).exception
    assert isinstance(error, UserError)
    assert "several clusters are declared (mill, shop)" in str(error)


def test_a_replay_has_its_own_time(bootstrap: str) -> None:
    cluster = declare(bootstrap, "replayed", 10, clock="replay")
    made = [decision("replayed/n1/w1/app", time_s) for time_s in (1e9, 1e9 + 90_000, 1e9 + 90_060)]
    publish(bootstrap, [Outgoing("decisions", 0, one.container, encode(one)) for one in made])
    lines = called(bootstrap, "get", "dec", "--cluster", cluster.name, "--no-headers").stdout.splitlines()
    assert [line.split()[-1] for line in lines] == ["60s", "0s"], "the first is more than a day older than the last"
